// Package cloudsim is a simulated cloud: an HTTP server that speaks the identity and enterprise project APIs of Huawei
// Cloud and Open Telekom Cloud, and the APIs of services that authorize themselves, with their quirks, verifies request
// signatures and keeps its state in a JSON file.
//
// It stands on the far side of the network: it implements the cloud's API, not ours, and imports nothing of this module.
// It is the embedded default for newcomers, a place to rehearse for operators, and a cloud with faults for tests.
//
// auth.go authenticates callers, by a signature or a token. Tokens and temporary keys are issued in token.go, assume.go and
// metadata.go, and live in memory alone.
//
// Start reading at Options and Server; World is the data it serves. A cloud service is one file that returns a service
// value (see eps.go for the smallest, and service_agency.go for those that make agencies of their own) and one line in the
// function services.
package cloudsim
