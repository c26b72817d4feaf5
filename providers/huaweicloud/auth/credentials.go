package auth

import (
	"errors"
	"strings"
)

// ErrUnusable is wrapped by the error of [Find] when credentials are missing, half given or malformed.
var ErrUnusable = errors.New("no usable credentials")

// Base are credentials as the user gave them: exactly one of [Keys], [Token], [User] and [Instance].
type Base interface{ base() }

// Keys are an access key with its secret key. Temporary ones have a security token too.
type Keys struct{ Access, Secret, SecurityToken Secret }

// Token is a token that somebody else obtained. How long it lives is not known.
type Token struct{ Value Secret }

// User is a user with a password. ID is enough; a Name needs the account of the user by id or name.
type User struct {
	ID, Name             string
	Password             Secret
	DomainID, DomainName string
}

// Instance means the temporary keys that a cloud server gets for its own agency from the metadata service. Whether this
// machine is such a server is only known once the service is asked.
type Instance struct{}

func (Keys) base()     {}
func (Token) base()    {}
func (User) base()     {}
func (Instance) base() {}

// Assumption is an agency to be assumed with the credentials. The zero value is none.
type Assumption struct {
	Agency string
	// AccountID or AccountName say whose agency it is.
	AccountID, AccountName string
}

// Found is what [Find] found.
type Found struct {
	Base Base
	// Source says where the credentials came from, by names of variables and files, never by values.
	Source string
	// AccountID and AccountName are the account that the credentials belong to as far as the user claims one.
	AccountID, AccountName string
	// AuthURL is the identity service that the credentials were made for, and AuthURLFrom where that is written;
	// "" is not said.
	AuthURL, AuthURLFrom string
	Assume               Assumption
}

// ValidID reports whether id can be an id of the cloud: 1 to 128 letters, digits, hyphens and underscores.
func ValidID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// unprintable reports whether text holds white space or a control character, which no key or token does.
func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
