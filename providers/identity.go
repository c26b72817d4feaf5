package providers

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// Identity is who the cloud takes a connection for. It holds no secret: no key, no token, no password.
type Identity struct {
	// Account is the account that calls are made in. The name is empty where the cloud does not tell it.
	Account plan.Account
	// AccountConfirmed is set when the cloud itself said so; else Account is only what the credentials claim.
	AccountConfirmed bool
	// Kind is the sort of credentials: "access key", "temporary access key", "user" or "token".
	Kind string
	// Source is where the credentials were found, in words: never their value.
	Source string
	// Principal is the user name or the URN of the caller, as far as the cloud told it.
	Principal string
	// Assumed is the agency that was assumed, as ACCOUNT/AGENCY; "" for none.
	Assumed string
	// Expires is when the credentials end; zero for never, or when it is not known.
	Expires time.Time
}
