package cloudsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// The demo user of a world's home account. The password is public on purpose: it opens simulators and nothing else.
const (
	DemoUser         = "demo-operator"
	DemoUserPassword = "public-demo-password-opens-only-simulators"
)

// User is somebody who can get a token with a password. The demo key pair belongs to DemoUser.
type User struct {
	Name string
	// ID is made from account and name when it is "".
	ID       string
	Password string
	// Account is the name or the id of an account of the world; "" means its home account.
	Account string
}

// String keeps the password out of whatever prints a user.
func (u User) String() string { return u.Account + "/" + u.Name }

// GoString keeps the password out of whatever prints a user.
func (u User) GoString() string { return u.String() }

func userID(account, name string) string { return demoID("user", account+"/"+name) }

// newUsers resolves the accounts of the users, the demo user first.
func newUsers(o Options, w *World) ([]User, error) {
	var users []User
	for _, u := range append([]User{{Name: DemoUser, Password: DemoUserPassword}}, o.Users...) {
		account := w.AccountNamed(u.Account)
		if account == nil {
			return nil, fmt.Errorf("the user %q is of the account %q, which the simulator does not know", u.Name, u.Account)
		}
		if u.Name == "" || u.Password == "" {
			return nil, fmt.Errorf("a user of the account %q is incomplete: name and password must be there", account.Name)
		}
		u.Account = account.ID
		if u.ID == "" {
			u.ID = userID(account.ID, u.Name)
		}
		for _, other := range users {
			if other.ID == u.ID || other.Account == u.Account && other.Name == u.Name {
				return nil, fmt.Errorf("the user %q of the account %q is there twice", u.Name, account.Name)
			}
		}
		users = append(users, u)
	}
	return users, nil
}

func (u User) caller() caller { return caller{account: u.Account, id: u.ID, name: u.Name} }

// sameSecret compares in a time that tells nothing about either.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return hmac.Equal(x[:], y[:])
}
