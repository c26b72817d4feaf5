package providers

// Endpoint is where the calls of one service go.
type Endpoint struct {
	// Service is the name that --endpoint takes, with the region behind a dot where it holds for that region alone.
	Service string
	// URL is the base address, without credentials.
	URL string
	// Source is who chose it, in words: a flag, a variable, the manifest, or the vendor.
	Source string
}
