// Package serviceagency knows what the authorizations of regional cloud services have in common. A service makes an agency
// for the whole account and grants it what it needs in the project of the calling region, so the regions share the agency,
// and taking the authorization away in one region must not take it from another.
//
// [Provider] is what the offline halves of such services share, [Remote] what the connected ones do. [Use] tells who uses an
// agency, by live state or read afresh; [Removal] judges what taking one region's part away comes to, and [Run] does it.
// It knows no single service.
package serviceagency
