package huaweicloud

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// maxSkew is how far our clock may be off the server's before that is told as the reason of a refusal: the cloud refuses
// a date that is about fifteen minutes off, and the answer was some seconds on its way.
const maxSkew = 14 * time.Minute

const (
	hintToken         = "the token has expired or was made for another account or region: get a new one"
	hintAgency        = "check the agency's name and account, that it trusts yours, and that you may assume it (Agent Operator)"
	hintNotTheService = "a proxy or a log-in page answers in the service's place: check the endpoint and HTTPS_PROXY"
)

// advise adds to an answer that is no success what the answer's header tells beside its body, and what to do. The codes
// leave open what the reason is, so the vendor's words are looked at too: a wrong guess costs a misleading hint, and
// nothing is decided by it. P is what the call was let in with, or was to be.
func advise(e *providers.CallError, header http.Header, p *pass, now time.Time) {
	words := strings.ToLower(e.Message)
	has := func(all ...string) bool {
		if e.Status != http.StatusBadRequest && kindOf(e.Status) != providers.ErrDenied {
			return false // whatever it says, it is not about who we are
		}
		for _, word := range all {
			if !strings.Contains(words, word) {
				return false
			}
		}
		return true
	}
	skew, off := clockSkew(header, now)
	signed := !p.keys.Access.IsZero() // only signatures carry our time
	switch {
	case e.Status == http.StatusUnauthorized && signed && off:
		e.Message = strings.TrimPrefix(fmt.Sprintf("%s; this machine's clock is %s the server's", e.Message, skew), "; ")
		e.Hint = "set this machine's clock right: requests carry their time, and one that is 15 minutes off is refused"
	case has("reach the limit"), e.Code == "IAM.0061", has(" locked"):
		e.Hint = "the access key or user is locked after wrong attempts: wait five minutes, and check the secret before trying again"
	case has("expire", "security", "token"), has("expire", "securitytoken"):
		e.Hint = "the temporary key has expired: get a new one, and set access key, secret key and security token together"
	case e.Code == "IAM.0066", e.Code == "IAM.0067", has("token", "expire"), has("x-auth-token", "invalid"):
		e.Hint = hintToken
	case has("access key", "expire"), has("access key", "inactive"), has("access key", "blacklist"):
		e.Hint = "the access key is switched off: enable it or make a new one in the console"
	case e.Status == http.StatusUnauthorized && !p.token.IsZero():
		e.Hint = hintToken
	case e.Status == http.StatusUnauthorized && !signed:
		e.Hint = "check user, password and account: a few wrong passwords in a row lock the user"
	case e.Status == http.StatusUnauthorized:
		e.Hint = "check access key and secret key, and with a temporary key also its security token"
	case e.Status == http.StatusForbidden && e.Service == ServiceIAM:
		e.Hint = "the credentials are good and lack the permission: grant it (or Security Administrator), and check that " +
			EnvDomainID + " is the account that they belong to, not another one or a project"
	case e.Code == "APIGW.0101":
		e.Hint = "the service is not there, or has no such call there: check cloud.kind, the region and the endpoint"
	case e.Status >= 300 && e.Status < 400:
		e.Hint = "give the address that really serves the calls: --endpoint " + e.Service + "=URL"
	case e.Message == htmlPage:
		e.Hint = hintNotTheService
	case e.Status == http.StatusTooManyRequests:
		e.Hint = "somebody else uses up what the account may ask in a second: run again later, or lower --rate for good"
	}
}

// clockSkew tells how far our clock is from the answer's date, in words that go before "the server's"; off is false when
// that is no reason for a refusal, or the answer has no date.
func clockSkew(header http.Header, now time.Time) (words string, off bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return "", false
	}
	ahead := now.Sub(date).Round(time.Second)
	if ahead.Abs() < maxSkew {
		return "", false
	}
	if ahead > 0 {
		return ahead.String() + " ahead of", true
	}
	return (-ahead).String() + " behind", true
}

// adviseAssuming adds what to do where an agency cannot be assumed. That it is not there and that it does not let us in
// are the same to the reader.
func adviseAssuming(err error) error {
	var failed *providers.CallError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		advised := *failed
		advised.Hint = hintAgency
		return &advised
	}
	return err
}
