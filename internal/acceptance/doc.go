// Package acceptance has the tests that use the whole program in one process, through the door that main uses: signing in,
// bad weather, rate, secrets, permissions and risk. The stories that read like a user's day stand beside main.
package acceptance
