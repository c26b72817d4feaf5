package providers

import "errors"

// PartialError is the error of a write that needs several calls, or whose one call does several things, of which some are done. Its
// text and its kind are those of Err.
type PartialError struct {
	// Done and Open say in words what is done and what is not, in the order in which it was to be done; neither is empty. The
	// next plan finds what is open again.
	Done, Open []string
	Err        error
}

// Error gives the text of what went wrong.
func (e *PartialError) Error() string { return e.Err.Error() }

// Unwrap makes errors.Is find what went wrong.
func (e *PartialError) Unwrap() error { return e.Err }

// Partial returns err as a [*PartialError] where something is done and something is open, and else err itself.
func Partial(done, open []string, err error) error {
	if err == nil || len(done) == 0 || len(open) == 0 {
		return err
	}
	return &PartialError{Done: done, Open: open, Err: err}
}

// Part is one part of a write. Name says in words what it does.
type Part struct {
	Name string
	Do   func() error
}

// InOrder makes the parts of a write one after the other, until one fails. The error is then that of the part, as a
// [*PartialError] where another part, or some of the failed one, is done.
func InOrder(parts ...Part) error {
	var done []string
	for i, part := range parts {
		err := part.Do()
		if err == nil {
			done = append(done, part.Name)
			continue
		}
		open := []string{part.Name}
		var partial *PartialError
		if errors.As(err, &partial) {
			done, open = append(done, partial.Done...), partial.Open
		}
		for _, rest := range parts[i+1:] {
			open = append(open, rest.Name)
		}
		return Partial(done, open, err)
	}
	return nil
}
