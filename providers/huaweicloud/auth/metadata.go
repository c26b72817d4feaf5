package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// MetadataURL is the link-local address at which a cloud server finds its metadata service.
const MetadataURL = "http://169.254.169.254"

const (
	// metadataTimeout bounds one call to the metadata service: it answers from the same host, or there is none.
	metadataTimeout = 1500 * time.Millisecond
	// metadataSession is the requested life of a session, in seconds. It serves one call.
	metadataSession = "60"
	maxMetadata     = 64 << 10
	// instanceKeyLife is the assumed life of keys where the service does not report it.
	instanceKeyLife = 15 * time.Minute
)

// instanceKeys gets the temporary keys of the agency that this cloud server runs with. The service is asked directly:
// a proxy would answer for its own server. A session is opened first, which a forged request of somebody else could not
// do; older services have no sessions.
func (a *Authenticator) instanceKeys(ctx context.Context) (*Credential, error) {
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, Timeout: metadataTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	header := http.Header{"X-Metadata-Token-Ttl-Seconds": {metadataSession}}
	response, session, err := a.askMetadata(ctx, client, http.MethodPut, "/meta-data/latest/api/token", header)
	if err != nil {
		return nil, err
	}
	header = http.Header{}
	switch response.Status {
	case http.StatusOK:
		header.Set("X-Metadata-Token", string(bytes.TrimSpace(session)))
	case http.StatusNotFound, http.StatusMethodNotAllowed:
	default:
		return nil, a.noInstance(fmt.Sprintf("it answers a session with HTTP %d", response.Status))
	}
	response, body, err := a.askMetadata(ctx, client, http.MethodGet, "/openstack/latest/securitykey", header)
	if err != nil {
		return nil, err
	}
	if response.Status != http.StatusOK {
		return nil, a.noInstance(fmt.Sprintf("it gives no keys (HTTP %d); does this server run with an agency?", response.Status))
	}
	var answer keyAnswer
	if json.Unmarshal(body, &answer) != nil {
		answer = keyAnswer{}
	}
	c, usable := answer.credential(instanceKeyLife, response.Header.Get("Date"), a.config.Now())
	if !usable {
		return nil, a.noInstance("its answer holds no usable keys")
	}
	return c, nil
}

func (a *Authenticator) askMetadata(
	ctx context.Context, client *http.Client, method, path string, header http.Header,
) (Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.config.MetadataURL+path, nil)
	if err != nil {
		return Response{}, nil, a.noInstance("its address is not a URL")
	}
	request.Header = header
	var body []byte
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(io.LimitReader(response.Body, maxMetadata))
	}
	switch {
	case err == nil:
		return Response{Status: response.StatusCode, Header: response.Header}, body, nil
	case ctx.Err() != nil:
		return Response{}, nil, providers.ContextError(ctx, ctx.Err())
	}
	return Response{}, nil, a.noInstance("there is none within reach")
}

// noInstance is the error where the last source of credentials has none; why speaks of the metadata service.
func (a *Authenticator) noInstance(why string) error {
	return &providers.CallError{Operation: "get keys from the metadata service", Message: why, Cause: noSource(a.config.KeyVariables)}
}
