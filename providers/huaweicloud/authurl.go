package huaweicloud

import (
	"fmt"
	"strings"
)

// adopt makes the identity service that credentials were made for the one that is called, unless an endpoint
// is given. One that is not this cloud's is refused: its password would be sent to the wrong place. From says where the
// address is written.
func (e endpoints) adopt(authURL, from string) error {
	if authURL == "" {
		return nil
	}
	base, err := parseEndpoint(from, ServiceIAM, authURL)
	if err != nil {
		return err
	}
	host := base.Hostname()
	ours, given := e.given(ServiceIAM, e.cloud.Region)
	switch {
	case given && ours.base.Host == base.Host:
		return nil
	case !vendorHost(host) && !loopback(host):
		return fmt.Errorf("%w: %s is not below the vendors' own domains; give it by --endpoint %s=URL too if it is meant", ErrBadEndpoint, from, ServiceIAM)
	case vendorHost(host) && strings.HasSuffix(host, ".otc.t-systems.com") != (e.cloud.Kind == OpenTelekomCloud):
		return fmt.Errorf("%w: %s is of another cloud than %s, which the manifest is for", ErrBadEndpoint, from, e.cloud.Kind)
	case !given:
		e.environment[ServiceIAM] = endpoint{base, from}
	}
	return nil
}
