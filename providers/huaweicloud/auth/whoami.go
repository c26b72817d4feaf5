package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// maxNameBytes bounds a name of an account or a user.
const maxNameBytes = 1024

// printableName returns a name from the cloud, "" where it is too long or holds characters that cannot be shown.
func printableName(name string) string {
	if len(name) > maxNameBytes || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
	}) {
		return ""
	}
	return name
}

// caller is the cloud's answer to the question who we are.
type caller struct {
	account   plan.Account
	principal string
	// unknown says, for each question that was asked in vain, why its answer does not name the account.
	unknown []string
	// listDenied is the error of a list of accounts that may not be read: the account has then no name.
	listDenied error
	// wrongScope says that the error beside it is about a token that is made for a project.
	wrongScope bool
}

// ignoreDenied notes that a question was refused or is unknown to the cloud. Every other error is returned.
func (c *caller) ignoreDenied(what string, err error) error {
	var failed *providers.CallError
	if !errors.As(err, &failed) || failed.Status != http.StatusForbidden && failed.Status != http.StatusNotFound {
		return err
	}
	c.unknown = append(c.unknown, fmt.Sprintf("%s cannot be read (HTTP %d)", what, failed.Status))
	return nil
}

// WhoAmI asks the cloud who we are. If the cloud does not answer, that is no error: the account is then the claimed one,
// and not confirmed.
func (a *Authenticator) WhoAmI(ctx context.Context) (providers.Identity, error) {
	who, err := a.caller(ctx)
	if err != nil {
		return providers.Identity{}, err
	}
	id := a.known
	id.Principal = who.principal
	if who.account.ID != "" {
		id.Account, id.AccountConfirmed = who.account, true
	}
	if c := a.account.latest(); c != nil {
		id.Expires = c.expires
		if id.Principal == "" {
			id.Principal = c.principal
		}
	}
	through, known := cameThrough(id)
	id.CameThrough, id.CameThroughUnknown = through, !known
	return id, nil
}

// ConfirmedAccount returns the account in which the credentials work, as the cloud reports it; its name is "" where the
// cloud reports only the id. The user's claim is never returned. The error wraps ErrConflict where the account differs from
// [Authenticator.AccountID]. It wraps ErrDenied and says what is missing where the cloud does not report the account. A list
// of accounts that may not be read is an error too, even where the id is known: without the account's name nobody could say
// which resources name it.
func (a *Authenticator) ConfirmedAccount(ctx context.Context) (plan.Account, error) {
	who, err := a.caller(ctx)
	switch {
	case err != nil:
		return plan.Account{}, err
	case notTheirs(who.listDenied) && who.account.Name == "":
		return plan.Account{}, who.listDenied
	case who.listDenied != nil && who.account.Name == "":
		return plan.Account{}, fmt.Errorf(
			"allow the credentials to read the list of accounts (iam:users:getUser on Huawei Cloud): %w", who.listDenied)
	case who.account.ID == "":
		return plan.Account{}, a.unconfirmed(who)
	case who.account.ID != a.known.Account.ID:
		return plan.Account{}, a.otherAccount(who.account)
	}
	return who.account, nil
}

// otherAccount is the error of credentials that belong to another account than the user says.
func (a *Authenticator) otherAccount(told plan.Account) error {
	return &providers.CallError{
		Kind: providers.ErrConflict, Operation: "read the account", Service: serviceIAM,
		Message: fmt.Sprintf("the credentials belong to account %s, and not to %s, which %s gives",
			told.ID, a.known.Account.ID, a.found.AccountKey),
		Hint: fmt.Sprintf("correct %s, or use credentials of that account", a.found.AccountKey),
	}
}

// unconfirmed is the error where the cloud does not report the account.
func (a *Authenticator) unconfirmed(who caller) error {
	remedy := "allow them to read /v3/auth/domains"
	if a.config.STS {
		remedy = "allow them the action iam:users:getUser, or make the STS endpoint reachable (cloud.region, or --endpoint sts=URL)"
	}
	return &providers.CallError{
		Kind: providers.ErrDenied, Operation: "read the account", Service: serviceIAM,
		Message: "the cloud does not report which account the credentials belong to (" + strings.Join(who.unknown, "; ") + "); " + remedy,
	}
}

// wrongScope is the error of a token that is made for a project: every call in the account would be refused.
func (a *Authenticator) wrongScope(answer tokenAnswer) error {
	project := cmp.Or(printableName(answer.Token.Project.Name), printableName(answer.Token.Project.ID))
	hint := "leave out the project when making it"
	if len(a.found.ProjectKeys) > 0 {
		hint = fmt.Sprintf("leave out the project (%s) when making it", strings.Join(a.found.ProjectKeys, ", "))
	}
	return &providers.CallError{
		Kind: providers.ErrDenied, Operation: "read the token", Service: serviceIAM,
		Message: fmt.Sprintf("the token is scoped to project %s; agencies need one for the account", project), Hint: hint,
	}
}

// HTMLPage is the message of an error in place of an HTML page, which the service itself never sends.
const HTMLPage = "the answer is an HTML page"

// notTheirs reports whether what answered a question is not the identity service, or not one that has the call: no permission and no
// setting of the account changes that.
func notTheirs(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && (failed.Status == http.StatusNotFound || failed.Message == HTMLPage)
}

// findAccount asks the cloud for the account where the user claims none.
func (a *Authenticator) findAccount(ctx context.Context) error {
	if a.known.Account.ID != "" {
		return nil
	}
	who, err := a.caller(ctx)
	switch {
	case who.wrongScope:
		return err
	case err != nil && !notTheirs(err) && !Refused(err):
		return fmt.Errorf("find out which account the credentials belong to (set %s to skip this): %w", a.found.AccountKey, err)
	case err != nil:
		return fmt.Errorf("find out which account the credentials belong to: %w", err)
	case who.account.ID == "" && notTheirs(who.listDenied):
		return fmt.Errorf("find out which account the credentials belong to: %w", who.listDenied)
	case who.account.ID == "":
		unset := a.found.AccountKey
		if unset != inManifest {
			unset += " (or " + inManifest + ")"
		}
		return fmt.Errorf("%w: not set: %s, and: %w", ErrNoCredentials, unset, a.unconfirmed(who))
	}
	a.known.Account.ID = who.account.ID
	a.account.AccountID = who.account.ID
	return nil
}

// caller asks the cloud who we are, once in a run. A failure is not kept.
func (a *Authenticator) caller(ctx context.Context) (caller, error) {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return caller{}, providers.ContextError(ctx, ctx.Err())
	}
	if a.told != nil {
		return *a.told, nil
	}
	who, err := a.ask(ctx)
	if err == nil {
		a.told = &who
	}
	return who, err
}

// ask asks for the list of accounts, then for what the token says or for the caller identity. A refusal, or an answer
// that does not name one account, leads to the next question. Every other failure is an error. A token of the user's is asked
// about first, which takes no more calls: it may be made for a project.
func (a *Authenticator) ask(ctx context.Context) (caller, error) {
	var who caller
	_, given := a.found.Base.(Token)
	if given {
		c, err := a.account.Credential(ctx)
		if err == nil {
			err = a.askToken(ctx, c, &who)
		}
		if err != nil || who.account.Name != "" {
			return who, err
		}
		if who.account.ID == "" {
			a.account.advise("check that the token is made for the account, not for a project")
		}
	}
	told := who.account
	accounts, err := a.askAccounts(ctx, a.account, &who)
	if err == nil && who.listDenied != nil && a.account.AccountID != "" {
		accounts, err = a.askAccountsOfKeys(ctx)
	}
	if err != nil || who.account.ID != "" && !given {
		return who, err
	}
	if told.ID != "" {
		who.account = told // only its name was missing
	}
	c, err := a.account.Credential(ctx)
	switch {
	case err != nil:
		return caller{}, err
	case given:
	case c.Scheme() == SchemeToken:
		err = a.askToken(ctx, c, &who)
	case a.config.STS:
		err = a.askCallerIdentity(ctx, &who)
	}
	for _, listed := range accounts {
		if who.account.Name == "" && who.account.ID != "" && listed.ID == who.account.ID {
			who.account.Name = printableName(listed.Name)
		}
	}
	return who, err
}

// askAccounts returns the accounts that the credentials can access (IAM, "Querying the Account Accessible to a User"). A
// single one is ours. Of several nobody knows which, and a claimed account that is among them is not confirmed.
func (a *Authenticator) askAccounts(ctx context.Context, source *TokenSource, who *caller) ([]account, error) {
	const operation = "read the account"
	var answer struct {
		Domains []account `json:"domains"`
	}
	_, err := a.config.Do(ctx, source, Request{
		Service: serviceIAM, Operation: operation, Method: http.MethodGet, Path: []string{"v3", "auth", "domains"},
	}, &answer)
	if err != nil {
		who.listDenied = err
		return nil, who.ignoreDenied("the list of accounts", err)
	}
	if answer.Domains == nil {
		return nil, &providers.CallError{Operation: operation, Service: serviceIAM, Message: "the answer holds no list of accounts"}
	}
	for _, listed := range answer.Domains {
		if !ValidID(listed.ID) {
			return nil, &providers.CallError{Operation: operation, Service: serviceIAM, Message: "the answer holds an account without a usable id"}
		}
	}
	switch len(answer.Domains) {
	case 0:
		who.unknown = append(who.unknown, "the list of accounts is empty")
	case 1:
		who.account = plan.Account{ID: answer.Domains[0].ID, Name: printableName(answer.Domains[0].Name)}
	default:
		who.unknown = append(who.unknown, "the list of accounts holds several")
	}
	return answer.Domains, nil
}

// askAccountsOfKeys asks again, after a refusal, for the accounts of access keys, without the account id that was sent along: with the
// wrong id everything is refused. Another account is an error; what was found out before stays where this tells nothing.
func (a *Authenticator) askAccountsOfKeys(ctx context.Context) ([]account, error) {
	c, err := a.account.Credential(ctx)
	if err != nil || c.Scheme() != SchemeSignature {
		return nil, err
	}
	var again caller
	accounts, err := a.askAccounts(ctx, static(c, "", a.account.Guard), &again)
	if err == nil && again.account.ID != "" && again.account.ID != a.account.AccountID {
		return nil, a.otherAccount(again.account)
	}
	return accounts, err
}

// askToken reads the account from the answer in which the token came, or asks IAM about the token.
func (a *Authenticator) askToken(ctx context.Context, c *Credential, who *caller) error {
	who.account, who.principal = c.account, c.principal
	if who.account.ID != "" {
		return nil
	}
	answer, err := a.describeToken(ctx, c)
	if err != nil {
		return who.ignoreDenied("the account of the token", err)
	}
	if answer.Token.Project.ID != "" {
		who.wrongScope = true
		return a.wrongScope(answer)
	}
	who.account, who.principal = answer.account(), answer.principal()
	if who.account.ID == "" {
		who.unknown = append(who.unknown, "the token names no account")
	}
	return nil
}

// askCallerIdentity asks the security token service (STS, "GetCallerIdentity"). Not every region has the service.
func (a *Authenticator) askCallerIdentity(ctx context.Context, who *caller) error {
	var answer struct {
		AccountID string `json:"account_id"`
		Principal string `json:"principal_urn"`
	}
	_, err := a.config.Do(ctx, a.account, Request{
		Service: serviceSTS, Operation: "read the caller identity", Method: http.MethodGet, Path: []string{"v5", "caller-identity"},
	}, &answer)
	switch {
	case errors.Is(err, ErrBadEndpoint) || errors.Is(err, providers.ErrUnavailable) && ctx.Err() == nil:
		who.unknown = append(who.unknown, err.Error())
	case err != nil:
		return who.ignoreDenied("the caller identity", err)
	case !ValidID(answer.AccountID):
		who.unknown = append(who.unknown, "the caller identity names no account")
	default:
		who.account, who.principal = plan.Account{ID: answer.AccountID}, printableName(answer.Principal)
	}
	return nil
}
