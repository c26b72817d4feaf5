package memory

import (
	"context"

	"github.com/agencyctl/agencyctl/providers"
)

// Batching is a connection that makes items, and removes them, several at a time. A batch that fails at one of them leaves those before it
// made.
type Batching struct {
	*Remote
	// Most is how many items one batch takes.
	Most int
	// Sent, where set, is told the size of every batch, before anything is made.
	Sent func(size int)
}

var _ providers.Batcher = Batching{}

// Batch implements [providers.Batcher].
func (b Batching) Batch(w providers.Write) (kind string, most int) {
	switch {
	case w.Resource().Address.Type() != typeItem:
		return "", 0
	case w.After == nil:
		return "take", b.Most
	}
	return "give", b.Most
}

// WriteBatch implements [providers.Batcher].
func (b Batching) WriteBatch(ctx context.Context, writes []providers.Write) error {
	if b.Sent != nil {
		b.Sent(len(writes))
	}
	for _, w := range writes {
		var err error
		if w.After == nil {
			err = b.Delete(ctx, w)
		} else {
			_, err = b.Create(ctx, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
