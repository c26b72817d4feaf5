// Package serviceagency knows what the authorizations of regional cloud services have in common. A service makes an agency
// for the whole account and grants it what it needs in the project of the calling region, so the regions share the agency,
// and taking the authorization away in one region must not take it from another.
//
// It finds the project of a region, tells who uses an agency and whether it can be the service's own, holds back what must
// not be authorized through it, takes one region's part away, sends writes whose outcome may stay unknown, and finds entries
// of a manifest that contradict each other. It knows no single service. Start reading at [FindHolds],
// [Removal] and [Ledger].
package serviceagency
