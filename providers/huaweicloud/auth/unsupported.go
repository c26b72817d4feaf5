package auth

import (
	"fmt"
	"strings"
)

// The kinds of credentials that OS_AUTH_TYPE and auth_type choose.
const (
	kindKeys     = "aksk"
	kindToken    = "token"
	kindPassword = "password"
	// kindAgency chooses no credentials, and says that an agency is assumed with them.
	kindAgency = "agency"
)

// oneFactorKeys are the keys of a second factor.
var oneFactorKeys = []string{"passcode", "auth_methods"}

// unsupportedKeys are keys of OpenStack's tools for other ways to get a token than a password alone. In the environment they are
// written in capitals after OS_.
var unsupportedKeys = []string{
	"application_credential_id", "application_credential_name", "application_credential_secret",
	"identity_provider", "protocol", "access_token", "access_token_endpoint", "discovery_endpoint", "client_id", "client_secret",
	"identity_provider_url", "service_provider_endpoint", "service_provider_entity_id",
	"trust_id", "system_scope", "consumer_key", "consumer_secret", "access_secret",
}

// settings returns a setting by its key in clouds.yaml, from that file or from the environment.
type settings func(key string) setting

// authType returns the kind of credentials that auth_type chooses, "" where it is not set. What is not supported is an error: the
// credentials beside it are meant for something else.
func authType(s setting, remedy string) (kind string, err error) {
	remedy += ", and leave out " + strings.Fields(s.name)[0]
	switch name := strings.ToLower(s.value); name {
	case "":
		return "", nil
	case kindAgency:
		return kindAgency, nil
	case kindKeys:
		return kindKeys, nil
	case kindToken, "v3token":
		return kindToken, nil
	case kindPassword, "v3password":
		return kindPassword, nil
	case "v3multifactor", "v3totp":
		return "", noSecondFactor(s, remedy)
	case "v3applicationcredential", "v3oidcpassword", "v3oidcclientcredentials", "v3oidcauthcode", "v3oidcaccesstoken",
		"v3oidcdeviceauthz", "v3samlpassword", "v3adfspassword", "v3kerberos", "v3fedkerb", "v3tokenlessauth", "v3oauth1", "v2password",
		"v2token", "none", "noauth", "admin_token", "http_basic":
		return "", fmt.Errorf("%w: %s is %s, which is not supported; %s", ErrNoCredentials, s.name, name, remedy)
	}
	return "", fmt.Errorf("%w: %s is no type of credentials that is supported (password, token, aksk); %s", ErrNoCredentials, s.name, remedy)
}

// noSecondFactor is the error of a source that wants a second factor.
func noSecondFactor(s setting, remedy string) error {
	return fmt.Errorf("%w: %s asks for multi-factor authentication (MFA), which is not supported. "+
		"A password without its passcode would count as a wrong attempt, so nothing is sent; %s", ErrNoCredentials, s.name, remedy)
}

// checkPasswordAlone refuses a password that the user gives with a second factor, or for another way to get a token.
func checkPasswordAlone(get settings, remedy string) error {
	if passcode := get("passcode"); passcode.value != "" {
		return noSecondFactor(passcode, remedy)
	}
	methods := get("auth_methods")
	for _, method := range strings.FieldsFunc(methods.value, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch strings.ToLower(method) {
		case "password", "v3password":
		case "totp", "v3totp":
			return noSecondFactor(methods, remedy)
		default:
			return fmt.Errorf("%w: %s holds a method that is not supported (password is); %s", ErrNoCredentials, methods.name, remedy)
		}
	}
	return checkOtherWays(get, remedy)
}

// checkOtherWays refuses what belongs to another way to get a token than a password.
func checkOtherWays(get settings, remedy string) error {
	for _, key := range unsupportedKeys {
		if s := get(key); s.value != "" {
			return fmt.Errorf("%w: %s is set, which is not supported; %s", ErrNoCredentials, s.name, remedy)
		}
	}
	return nil
}

// checkConnection refuses what changes how we connect and is not supported.
func checkConnection(get settings) error {
	for _, key := range []string{"cert", "key"} {
		if s := get(key); s.value != "" {
			return fmt.Errorf("%w: %s is set, and client certificates are not supported; remove it", ErrNoCredentials, s.name)
		}
	}
	for _, key := range []string{"interface", "endpoint_type", "identity_interface", "identity_endpoint_type"} {
		if s := get(key); s.value != "" && !strings.HasPrefix(s.value, "public") {
			return fmt.Errorf("%w: %s is not public, and only public endpoints are called; remove it, and give other addresses by --endpoint",
				ErrNoCredentials, s.name)
		}
	}
	for _, key := range []string{"identity_endpoint_override", "identity_endpoint"} {
		if s := get(key); s.value != "" {
			return fmt.Errorf("%w: %s is set, which is not supported; give the address by --endpoint iam=URL", ErrNoCredentials, s.name)
		}
	}
	if s := get("identity_api_version"); s.value != "" && s.value != "3" && !strings.HasPrefix(s.value, "3.") && s.value != "v3" {
		return fmt.Errorf("%w: %s is not 3, and the clouds have no other version; remove it", ErrNoCredentials, s.name)
	}
	return nil
}
