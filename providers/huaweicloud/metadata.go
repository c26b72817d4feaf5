package huaweicloud

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

const (
	// metadataURL is the link-local address that a cloud server finds its metadata service at.
	metadataURL = "http://169.254.169.254"
	// metadataTimeout bounds one call to it: it answers from the same host, or there is none.
	metadataTimeout = 1500 * time.Millisecond
	// metadataSession is how long a session with it is asked for: for the one call that follows.
	metadataSession = "60"
	maxMetadata     = 64 << 10
	// instanceKeyLife is what keys are taken to live when the service does not say.
	instanceKeyLife = 15 * time.Minute
)

// WithMetadataURL replaces the address of a cloud server's metadata service.
func WithMetadataURL(base string) Option { return func(c *Connection) { c.metadataURL = base } }

// instanceKeys gets the temporary keys of the agency that this cloud server runs with. The service is asked directly:
// never through a proxy, which would answer for its own server. A session is opened first, which a request that somebody
// tricked us or a proxy into making could not do; older services know none.
func (c *Connection) instanceKeys(ctx context.Context) (*pass, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{
		Transport: transport, Timeout: metadataTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	status, _, session, err := c.askMetadata(ctx, client, http.MethodPut, "/meta-data/latest/api/token", "X-Metadata-Token-Ttl-Seconds", metadataSession)
	if err != nil {
		return nil, err
	}
	name, value := "", ""
	switch status {
	case http.StatusOK:
		name, value = "X-Metadata-Token", string(bytes.TrimSpace(session))
	case http.StatusNotFound, http.StatusMethodNotAllowed:
	default:
		return nil, noInstance(fmt.Sprintf("it answers a session with HTTP %d", status))
	}
	status, header, body, err := c.askMetadata(ctx, client, http.MethodGet, "/openstack/latest/securitykey", name, value)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, noInstance(fmt.Sprintf("it gives no keys (HTTP %d); does this server run with an agency?", status))
	}
	var told keyAnswer
	if json.Unmarshal(body, &told) != nil {
		told = keyAnswer{}
	}
	keys, usable := told.keys()
	if !usable {
		return nil, noInstance("its answer holds no usable keys")
	}
	return told.pass(keys, instanceKeyLife, header.Get("Date"), c.now()), nil
}

func (c *Connection) askMetadata(ctx context.Context, client *http.Client, method, path, name, value string) (status int, header http.Header, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.metadataURL+path, nil)
	if err != nil {
		return 0, nil, nil, noInstance("its address is not a URL")
	}
	if name != "" {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(io.LimitReader(response.Body, maxMetadata))
	}
	switch {
	case err == nil:
		return response.StatusCode, response.Header, body, nil
	case ctx.Err() != nil:
		return 0, nil, nil, contextCause(ctx, ctx.Err())
	}
	return 0, nil, nil, noInstance("there is none within reach")
}

// noInstance says what to do where the last source of credentials gives none.
func noInstance(why string) error {
	return &providers.CallError{
		Operation: "get keys from the metadata service", Message: why, Cause: fmt.Errorf(
			"%w: not set: %s, %s (docs/CREDENTIALS.md lists the other ways)", ErrNoCredentials, EnvAccessKey, EnvSecretKey),
	}
}
