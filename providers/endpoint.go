package providers

// Endpoint is where a service is called.
type Endpoint struct {
	// Service is its short name, as endpoints are given by: "iam".
	Service string
	// URL is scheme and host. It never holds a user or a password.
	URL string
	// Source says in words who chose it: a flag, an environment variable, the manifest, or the vendor's table.
	Source string
}
