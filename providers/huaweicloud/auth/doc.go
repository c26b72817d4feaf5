// Package auth authenticates calls: it finds the credentials that the user means, gets tokens and temporary keys with them,
// signs requests, keeps a refused credential from being locked, and asks the cloud who the caller is.
//
// It sends its few calls through the Do function of [Config] and must not know what any other call is for. Start reading
// at [Find] and [New].
package auth
