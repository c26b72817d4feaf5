package huaweicloud

import (
	"cmp"
	"context"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// access is how the calls of a connection are let in. Safe for concurrent use.
type access struct {
	// door is for the passes that the cloud makes for us.
	door *door
	// account issues passes for calls in the account.
	account *issuer
	// inProject makes the issuer for calls in a project; nil where the passes of the account hold there too, as access
	// keys do.
	inProject func(project string) *issuer
	// kind, source and assumed are for [providers.Identity].
	kind, source, assumed string

	mu       sync.Mutex
	projects map[string]*issuer
}

// of returns the issuer for calls in a project, "" for those in the account.
func (a *access) of(project string) *issuer {
	if project == "" || a.inProject == nil {
		return a.account
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	i, known := a.projects[project]
	if !known {
		i = a.inProject(project)
		a.projects[project] = i
	}
	return i
}

// admit sets up access with the credentials that were found. The only call it makes is to the metadata service, where
// that is the last hope: whether this is a cloud server is not known before.
func (c *Connection) admit(ctx context.Context, found auth.Found) error {
	base := &access{source: found.Source, projects: map[string]*issuer{}, door: newDoor()}
	front := &door{trial: c.entrances.of(c.cloud.Kind, found.Base)}
	switch credentials := found.Base.(type) {
	case auth.Keys:
		c.secrets.learn(credentials.Access, credentials.Secret, credentials.SecurityToken)
		base.kind = providers.KindAccessKey
		if !credentials.SecurityToken.IsZero() {
			base.kind = providers.KindTemporaryAccessKey
		}
		base.account = fixed(&pass{keys: credentials}, found.AccountID, front)
	case auth.Instance:
		base.kind = providers.KindTemporaryAccessKey
		base.account = c.issuer(front, found.AccountID, c.instanceKeys)
	case auth.Token:
		c.secrets.learn(credentials.Value)
		base.kind = providers.KindToken
		base.account = fixed(&pass{token: credentials.Value}, found.AccountID, front)
		// One exchange serves all projects: the keys hold in each of them.
		exchanged := c.issuer(base.door, found.AccountID, func(ctx context.Context) (*pass, error) { return c.exchangeToken(ctx, base.account) })
		base.inProject = func(string) *issuer { return exchanged }
	case auth.User:
		c.secrets.learn(credentials.Password)
		base.kind = providers.KindUser
		scope := place{domainID: found.AccountID, domainName: found.AccountName}
		entry := fixed(&pass{}, "", front)
		base.account = c.issuer(base.door, found.AccountID, func(ctx context.Context) (*pass, error) {
			return c.userToken(ctx, entry, credentials, scope)
		})
		base.inProject = func(project string) *issuer {
			return c.issuer(base.door, found.AccountID, func(ctx context.Context) (*pass, error) {
				return c.userToken(ctx, entry, credentials, place{project: project})
			})
		}
	}
	c.access, c.account.ID, c.account.Name = base, found.AccountID, found.AccountName
	if found.Assume.Agency != "" {
		c.access = c.assumed(base, found.Assume)
		c.account.ID, c.account.Name = found.Assume.AccountID, found.Assume.AccountName
	}
	if _, asks := found.Base.(auth.Instance); asks {
		_, err := base.account.get(ctx)
		return err
	}
	return nil
}

// assumed returns the access that the agency gives to those who have base.
func (c *Connection) assumed(base *access, agency auth.Assumption) *access {
	a := &access{
		kind: base.kind, source: base.source, projects: map[string]*issuer{}, door: newDoor(),
		assumed: cmp.Or(agency.AccountName, agency.AccountID) + "/" + agency.Agency,
	}
	if base.kind == providers.KindAccessKey || base.kind == providers.KindTemporaryAccessKey {
		a.account = c.issuer(a.door, agency.AccountID, func(ctx context.Context) (*pass, error) { return c.agencyKeys(ctx, base.account, agency) })
		return a
	}
	token := func(scope place) *issuer {
		return c.issuer(a.door, agency.AccountID, func(ctx context.Context) (*pass, error) { return c.agencyToken(ctx, base.account, agency, scope) })
	}
	a.account = token(place{domainID: agency.AccountID, domainName: agency.AccountName})
	a.inProject = func(project string) *issuer { return token(place{project: project}) }
	return a
}

// issuer returns an issuer of passes that can be renewed. Their secrets are kept out of all texts from then on.
func (c *Connection) issuer(d *door, domain string, obtain func(context.Context) (*pass, error)) *issuer {
	return &issuer{domain: domain, door: d, now: c.now, make: func(ctx context.Context) (*pass, error) {
		p, err := obtain(ctx)
		if err != nil {
			return nil, err
		}
		c.secrets.learn(p.keys.Access, p.keys.Secret, p.keys.SecurityToken, p.token)
		return p, nil
	}}
}
