package auth

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// cameThrough returns the agencies of the identity's own account that its credentials came through, sorted, as far as the
// identity tells. Known is false where they may have come through one that it does not tell: temporary keys and tokens can
// come from an agency, and then say so only where the cloud told a principal.
func cameThrough(i providers.Identity) (agencies []addr.Address, known bool) {
	var names []string
	// An assumed agency is one of the account that calls are made in.
	if _, name, ok := strings.Cut(i.Assumed, "/"); ok && name != "" {
		names = append(names, name)
	}
	principal, isUser := principalAgency(i)
	if principal != "" && !slices.Contains(names, principal) {
		names = append(names, principal)
	}
	slices.Sort(names)
	for _, name := range names {
		agencies = append(agencies, addr.New("agency", addr.Plain(name)))
	}
	switch {
	case len(agencies) > 0, i.Assumed != "", isUser:
		return agencies, true
	case i.Kind == providers.KindTemporaryAccessKey, i.Kind == providers.KindToken && i.Principal == "":
		return nil, false
	}
	return nil, true
}

// principalAgency reads the principal: the agency that it is, "" when it is none of this account; or that it is a user.
//
// Source: STS API reference, "Obtaining Caller Identity Information" ("sts::ACCOUNT:assumed-agency:AGENCY/SESSION",
// "iam::ACCOUNT:user:USER"); IAM API reference, "Obtaining an Agency Token" (a user named ACCOUNT/AGENCY).
func principalAgency(i providers.Identity) (agency string, isUser bool) {
	if parts := strings.SplitN(i.Principal, ":", 5); len(parts) == 5 && (parts[0] == "sts" || parts[0] == "iam") {
		account, sort, name := parts[2], parts[3], parts[4]
		switch {
		case sort == "user":
			return "", true
		case account != "" && i.Account.ID != "" && account != i.Account.ID:
			return "", false
		case sort == "assumed-agency":
			name, _, _ = strings.Cut(name, "/")
			return name, false
		case sort == "agency":
			return name[strings.LastIndexByte(name, '/')+1:], false
		}
		return "", false
	}
	account, name, found := strings.Cut(i.Principal, "/")
	if found && (account == i.Account.Name || account == i.Account.ID || i.Account.Name == "") {
		return name, false
	}
	return "", false
}
