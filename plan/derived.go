package plan

// Derived returns what make makes of a catalogue, once for each key: for answers that hang on the catalogue alone and are
// asked again for each of many resources. Key must be comparable and of a type of the caller's own, and say all that the
// answer hangs on besides. Answers are shared and must not be changed. Safe for concurrent use; make may then run twice.
func Derived[T any](c *Catalogue, key any, make func() T) T {
	if c == nil || c.derived == nil {
		return make()
	}
	if known, ok := c.derived.Load(key); ok {
		if answer, ok := known.(T); ok {
			return answer
		}
	}
	answer := make()
	c.derived.Store(key, answer)
	return answer
}
