package providers_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
)

func TestPartsOfAWriteAreMadeUntilOneFails(t *testing.T) {
	broken := errors.New("broken")
	part := func(name string, err error) providers.Part {
		return providers.Part{Name: name, Do: func() error { return err }}
	}
	halfway := fmt.Errorf("inside: %w", providers.Partial([]string{"b1"}, []string{"b2"}, broken))
	for name, c := range map[string]struct {
		parts      []providers.Part
		done, open []string
		err        error
	}{
		"all are made":           {parts: []providers.Part{part("a", nil), part("b", nil)}},
		"the first fails":        {parts: []providers.Part{part("a", broken), part("b", nil)}, err: broken},
		"the last fails":         {parts: []providers.Part{part("a", nil), part("b", broken)}, done: []string{"a"}, open: []string{"b"}, err: broken},
		"one in the middle":      {parts: []providers.Part{part("a", nil), part("b", broken), part("c", nil)}, done: []string{"a"}, open: []string{"b", "c"}, err: broken},
		"some of the failed one": {parts: []providers.Part{part("a", nil), part("b", halfway), part("c", nil)}, done: []string{"a", "b1"}, open: []string{"b2", "c"}, err: broken},
	} {
		t.Run(name, func(t *testing.T) {
			err := providers.InOrder(c.parts...)
			require.ErrorIs(t, err, c.err)
			var partial *providers.PartialError
			require.Equal(t, c.done != nil, errors.As(err, &partial))
			if partial != nil {
				assert.Equal(t, c.done, partial.Done)
				assert.Equal(t, c.open, partial.Open)
			}
		})
	}
}
