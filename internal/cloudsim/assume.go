package cloudsim

import (
	"cmp"
	"net/http"
	"time"
)

// signedIn refuses a caller that has said nothing about itself.
func (x *exchange) signedIn() error {
	if x.who.account == "" {
		return x.failCode(http.StatusUnauthorized, "IAM.0001", "The request you have made requires authentication.")
	}
	return nil
}

// assume makes the caller the agency of another account that trusts the caller's. The session's name is for the record.
func (x *exchange) assume(delegating *account, agency, session string) (caller, error) {
	if err := x.signedIn(); err != nil {
		return caller{}, err
	}
	g := delegating.agencyNamed(agency, view{current: true})
	switch {
	case g == nil:
		return caller{}, x.fail(http.StatusNotFound, "Could not find agency: %s", agency)
	case g.Trust.ID != x.who.account:
		return caller{}, x.fail(http.StatusForbidden, "The agency %s does not trust the account of the caller", agency)
	case g.expired(x.now):
		return caller{}, x.fail(http.StatusForbidden, "The agency %s has expired", agency)
	}
	by := x.who
	return caller{account: delegating.ID, id: g.ID, name: g.Name, by: &by, trustee: g.Trust.ID, session: cmp.Or(session, by.name)}, nil
}

func (g *Agency) expired(now time.Time) bool { return g.Expires != nil && !now.Before(*g.Expires) }

// delegated says whether everything that the caller has assumed still stands and trusts as it did: who deletes an agency
// takes all access that it gave at once.
func (s *state) delegated(who *caller, now time.Time) bool {
	for ; who.by != nil; who = who.by {
		a := s.accounts[who.account]
		if a == nil {
			return false
		}
		g := a.agencies.get(who.id, view{current: true})
		if g == nil || g.Trust.ID != who.trustee || g.expired(now) {
			return false
		}
	}
	return true
}

// accountNamed finds an account by its id, or its name where no id is given.
func (x *exchange) accountNamed(id, name string) (*account, error) {
	for _, a := range x.state.accounts {
		if id != "" && a.ID == id || id == "" && name != "" && a.Name == name {
			return a, nil
		}
	}
	if id == "" && name == "" {
		return nil, x.fail(http.StatusBadRequest, "'domain_id' or 'domain_name' is a required property")
	}
	return nil, x.fail(http.StatusNotFound, "Could not find domain: %s", cmp.Or(id, name))
}

// assumeRole reads the object assume_role and assumes the agency that it names.
func (x *exchange) assumeRole(identity object) (caller, object, error) {
	in, err := x.child(identity, "assume_role")
	if err != nil {
		return caller{}, nil, err
	}
	if err := x.signedIn(); err != nil {
		return caller{}, nil, err
	}
	values, err := x.texts(in, "agency_name", "xrole_name", "domain_id", "domain_name")
	if err != nil {
		return caller{}, nil, err
	}
	name := cmp.Or(values[0], values[1])
	if name == "" {
		return caller{}, nil, x.fail(http.StatusBadRequest, "'agency_name' is a required property")
	}
	delegating, err := x.accountNamed(values[2], values[3])
	if err != nil {
		return caller{}, nil, err
	}
	session := ""
	if _, given := in["session_user"]; given {
		user, err := x.child(in, "session_user")
		if err != nil {
			return caller{}, nil, err
		}
		if session, _, err = x.text(user, "name"); err != nil {
			return caller{}, nil, err
		}
	}
	who, err := x.assume(delegating, name, session)
	return who, in, err
}
