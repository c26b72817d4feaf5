// Package permission names the actions that the cloud's policies allow calls by, and collects which of them a service needs
// for a manifest. What the vendor documents no action for is collected as such: a policy that looks complete and is not
// would fail in the middle of an apply.
//
// It makes no call. Start reading at [Needs].
package permission
