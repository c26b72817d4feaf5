// Package cloudtest is what the tests of cloud services share: a simulated cloud with a front before it that decides how
// calls end, a connection to it that repeats at once, edits by hand, and short ways to manifests. Only tests import it.
//
// Start reading at [Start].
package cloudtest
