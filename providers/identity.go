package providers

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The kinds of credentials that an [Identity] tells apart.
const (
	KindAccessKey          = "access key"
	KindTemporaryAccessKey = "temporary access key"
	KindUser               = "user"
	KindToken              = "token"
)

// Identity is whom the cloud takes us for.
type Identity struct {
	// Account is the account that calls are made in. It is what the cloud said where AccountConfirmed, else no more than
	// what the user claims, and may be empty.
	Account          plan.Account
	AccountConfirmed bool
	// Kind is one of the kinds of this package: what the user gave, before anything was assumed with it.
	Kind string
	// Source says where the credentials came from, by names of variables and files, never by values.
	Source string
	// Principal is the user's name or the principal's URN, "" where the cloud does not tell.
	Principal string
	// Assumed is who was assumed, as ACCOUNT/NAME, where ACCOUNT is a name, or an id when no name is known; "" is none.
	Assumed string
	// CameThrough are the roots of the account that the credentials came through, sorted, as far as that is known.
	// CameThroughUnknown is set where they may have come through one, and nobody knows which.
	CameThrough        []addr.Address
	CameThroughUnknown bool
	// Expires is when the key or token in use ends; it is renewed before. Zero is never or not known.
	Expires time.Time
}
