// Package auth finds out which credentials the user means: it reads environment variables and files in a documented
// order and returns one closed set of credentials, with where they came from.
//
// It makes no call and must not know what credentials are used for. Start reading at [Find].
package auth
