package huaweicloud

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// keyLife is how long temporary keys are asked for; the cloud gives 15 minutes to 24 hours.
const keyLife = time.Hour

// agencyKeys gets temporary keys of an agency (IAM, "Obtaining a Temporary Access Key and Security Token Through an
// Agency").
func (c *Connection) agencyKeys(ctx context.Context, base *issuer, agency auth.Assumption) (*pass, error) {
	role := c.assumeRole(agency)
	role["duration_seconds"] = int(keyLife.Seconds())
	p, err := c.newKeys(ctx, base, "assume the agency "+agency.Agency, map[string]any{"methods": []string{"assume_role"}, "assume_role": role})
	return p, adviseAssuming(err)
}

// exchangeToken gets temporary keys for a token (IAM, "Obtaining a Temporary Access Key and Security Token Through a
// Token"). Keys hold in every project, a token only where it was made for.
func (c *Connection) exchangeToken(ctx context.Context, base *issuer) (*pass, error) {
	p, err := c.newKeys(ctx, base, "exchange the token for temporary keys", map[string]any{
		"methods": []string{"token"}, "token": map[string]any{"duration_seconds": int(keyLife.Seconds())},
	})
	if err != nil {
		return nil, fmt.Errorf("calls in a project need temporary keys, because the token holds in one place only; give an access key or a user instead: %w", err)
	}
	return p, nil
}

func (c *Connection) newKeys(ctx context.Context, from *issuer, operation string, identify any) (*pass, error) {
	var told keyAnswer
	a, err := c.doWith(ctx, from, Call{
		Service: ServiceIAM, Operation: operation, Method: http.MethodPost, Path: []string{"v3.0", "OS-CREDENTIAL", "securitytokens"},
		Body: map[string]any{"auth": map[string]any{"identity": identify}}, Repeatable: true, entrance: true,
	}, &told)
	if err != nil {
		return nil, err
	}
	keys, usable := told.keys()
	if !usable {
		return nil, &providers.CallError{Operation: operation, Service: ServiceIAM, Status: a.status, Message: "the answer holds no usable keys"}
	}
	return told.pass(keys, keyLife, a.header.Get("Date"), c.now()), nil
}

// keyAnswer holds temporary keys, as IAM and the metadata service tell them.
type keyAnswer struct {
	Credential struct {
		Access        string `json:"access"`
		Secret        string `json:"secret"`
		SecurityToken string `json:"securitytoken"`
		ExpiresAt     string `json:"expires_at"`
	} `json:"credential"`
}

// pass is the pass with the keys, which live as long as told, or where that cannot be read, as long as asked for.
func (k keyAnswer) pass(keys auth.Keys, life time.Duration, date string, now time.Time) *pass {
	if expires := endOf(k.Credential.ExpiresAt); !expires.IsZero() {
		return pass{keys: keys}.until(expires, date, now)
	}
	return pass{keys: keys}.until(now.Add(life), "", now)
}

// keys returns the keys, and whether they can be used.
func (k keyAnswer) keys() (auth.Keys, bool) {
	for _, text := range []string{k.Credential.Access, k.Credential.Secret, k.Credential.SecurityToken} {
		if text == "" || len(text) > maxTokenBytes || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return auth.Keys{}, false
		}
	}
	return auth.Keys{
		Access: auth.NewSecret(k.Credential.Access), Secret: auth.NewSecret(k.Credential.Secret),
		SecurityToken: auth.NewSecret(k.Credential.SecurityToken),
	}, true
}
