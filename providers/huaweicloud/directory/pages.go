package directory

import (
	"context"
	"net/url"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	// maxPages and maxListed bound one list: far more than any account has, and an end for a server that never stops.
	maxPages  = 2000
	maxListed = 100_000
	// pagesAhead is how many pages of one list are asked for side by side; the rate limit decides how fast they may start.
	pagesAhead = 64
	// unstableReads is how often a list that changes while it is read is read.
	unstableReads = 3
)

// page is one answer of a list; next links the one after it, where there are links.
type page[T any] struct {
	items []huaweicloud.Item[T]
	// others counts the records that are no elements of the list.
	others int
	// total is how many records the cloud counts, 0 where it does not say. It is a hint: it may be of the page alone.
	total int
	next  string
}

func (p page[T]) records() int { return len(p.items) + p.others }

// list reads a list that comes whole, in linked pages, or in pages of a size.
type list[T any] struct {
	client    *Client
	operation string
	path      []string
	query     url.Values
	size      int
	id        func(T) string
	page      func(ctx context.Context, path []string, query url.Values) (page[T], error)
	// at returns the query of a page by its number and the number of records before it; nil means by page and per_page.
	at func(number, before int) url.Values
	// began, where set, is called with the first page, before any other is asked for, and again where the list is read again.
	began func(page[T])
}

// collected are the elements of the pages that were read, each once: an element may move to a later page while the list is read.
type collected[T any] struct {
	list *list[T]
	all  []huaweicloud.Item[T]
	// seen are the pages that showed an element, by its key.
	seen map[string]int
	// pages and records count what was read, distinct the records without those that an earlier page showed too.
	pages, records, distinct int
}

func (l *list[T]) collect() *collected[T] { return &collected[T]{list: l, seen: map[string]int{}} }

func (l *list[T]) key(item huaweicloud.Item[T]) string {
	switch odd := item.Odd; {
	case odd == nil:
		return l.id(item.Value)
	case odd.ID == "":
		return "" // nothing tells it from another one
	default:
		return "odd " + odd.ID + " " + odd.Of + " " + odd.Name + " " + odd.Fault
	}
}

// add adds the next page. It returns how many of its elements are new, and how many nothing tells from others.
func (c *collected[T]) add(p page[T]) (fresh, keyless int) {
	c.pages++
	c.records += p.records()
	c.distinct += p.records()
	for _, item := range p.items {
		key := c.list.key(item)
		switch shown, known := c.seen[key]; {
		case key == "":
			keyless++
		case known && shown < c.pages:
			c.distinct--
			continue
		case known:
			continue
		default:
			c.seen[key] = c.pages
			fresh++
		}
		c.all = append(c.all, item)
	}
	return fresh, keyless
}

// checkEnd is the error of a list without an end.
func (c *collected[T]) checkEnd() error {
	if len(c.all) > maxListed || c.pages >= maxPages {
		return incomplete(c.list.operation, "the list has more than %d items or %d pages, or no end", maxListed, maxPages)
	}
	return nil
}

// listed returns the list.
func (c *collected[T]) listed() Listed[T] {
	l := split(c.all)
	l.Calls = c.pages
	return l
}

// numbered reads a list in pages. The first goes alone. Where it shows how many there are, all others are asked for side by side. The end
// is a short or an empty page, or one that is longer than was asked for, as from a server that knows no pages.
//
// A total that no single page can hold is surely one of the whole list. Then the pages must add up to it, and must agree on it: where they
// do not, an element may have slipped from one page to another unseen, and the list is read again. Without such a total pages are read one
// after the other.
func (l *list[T]) numbered(ctx context.Context) (Listed[T], error) {
	calls := 0
	for reads := 1; ; reads++ {
		c, total, stable, err := l.readOnce(ctx)
		calls += c.pages
		switch {
		case err != nil:
			return Listed[T]{}, err
		case stable:
			all := c.listed()
			all.Calls = calls
			return all, nil
		case reads == unstableReads:
			return Listed[T]{}, l.unstable(total, c.distinct)
		}
	}
}

func (l *list[T]) unstable(total, listed int) error {
	return incomplete(l.operation, "the cloud counts %d and lists %d: the pages do not add up, or change while they are read", total, listed)
}

// readOnce reads all pages once. Total is that of the whole list, 0 where none is told. Stable is false where the list is not whole, or
// changed meanwhile.
func (l *list[T]) readOnce(ctx context.Context) (c *collected[T], total int, stable bool, err error) {
	c = l.collect()
	full, ahead := false, 1 // full: the first page holds as many as were asked for, so that the number of pages is known
	for {
		batch, err := l.sideBySide(ctx, c, ahead)
		if err != nil {
			return c, total, false, err
		}
		for _, got := range batch {
			n := got.records()
			fresh, keyless := c.add(got)
			if c.pages == 1 {
				full = n == l.size
			}
			ofWhole := got.total > max(n, l.size) || got.total > n && n < l.size
			if total == 0 && ofWhole {
				total = got.total
			}
			enough := c.distinct >= total
			switch repeats := len(got.items) > 0 && fresh == 0 && (total == 0 || keyless == 0); {
			case total > 0 && n > 0 && got.total > 0 && got.total != total:
				return c, total, false, nil
			case n == 0:
				return c, total, enough, nil
			case repeats && n >= l.size && total > 0:
				return c, total, false, l.unstable(total, c.distinct)
			case repeats && n >= l.size:
				return c, total, false, incomplete(l.operation,
					"page %d repeats earlier ones, so that the rest of the list cannot be read", c.pages)
			case repeats, n > l.size:
				return c, total, enough, nil
			case n < l.size && enough:
				return c, total, true, nil
			}
			if err := c.checkEnd(); err != nil {
				return c, total, false, err
			}
		}
		ahead = 1
		if full && total > 0 {
			ahead = max(1, min(total/l.size+1-c.pages, pagesAhead))
		}
	}
}

// sideBySide reads the next n pages, in order.
func (l *list[T]) sideBySide(ctx context.Context, c *collected[T], n int) ([]page[T], error) {
	at := l.at
	if at == nil {
		at = func(number, _ int) url.Values { return paged(l.query, number, l.size) }
	}
	batch := make([]page[T], n)
	group, ctx := errgroup.WithContext(ctx)
	for i := range batch {
		group.Go(func() (err error) {
			batch[i], err = l.page(ctx, l.path, at(c.pages+1+i, c.records+i*l.size))
			return err
		})
	}
	err := group.Wait()
	switch {
	case c.pages == 0 && isBadRequest(err):
		return nil, refusedPages{err}
	case err == nil && c.pages == 0 && l.began != nil:
		l.began(batch[0])
	}
	return batch, err
}

// inPages reads a list that takes page and per_page. A server that refuses them is asked without.
func (l *list[T]) inPages(ctx context.Context) (Listed[T], error) {
	all, err := l.numbered(ctx)
	if refusesPaging(err) {
		return l.unpaged(ctx)
	}
	return all, err
}

// refusedPages marks the error of a first page that was refused in a way that leaves the list without pages to try.
type refusedPages struct{ error }

// Unwrap returns the error of the call.
func (r refusedPages) Unwrap() error { return r.error }

// unpaged reads a server that refuses pages, and fails where the answer looks cut off.
func (l *list[T]) unpaged(ctx context.Context) (Listed[T], error) {
	got, err := l.page(ctx, l.path, l.query)
	if err != nil {
		return Listed[T]{}, err
	}
	switch n := len(got.items); {
	case got.total > n:
		return Listed[T]{}, l.cutOff(n, got.total)
	case got.total == 0 && n == l.size:
		return Listed[T]{}, incomplete(l.operation, "the cloud refuses pages and its answer of %d looks cut off", n)
	}
	all := split(got.items)
	all.Calls = 2
	return all, nil
}

func (l *list[T]) cutOff(listed, total int) error {
	return incomplete(l.operation, "the cloud counts %d and lists %d without pages, and it refuses pages: %d are missing",
		total, listed, total-listed)
}

// linked reads a list that is documented to come whole, or to link its pages. Where the cloud counts more than it lists, the list was
// cut off, and is read once more in pages.
func (l *list[T]) linked(ctx context.Context) (Listed[T], error) {
	path, query, c := l.path, l.query, l.collect()
	for {
		got, err := l.page(ctx, path, query)
		if err != nil {
			return Listed[T]{}, err
		}
		more := got.next != ""
		if fresh, _ := c.add(got); more && fresh == 0 {
			return Listed[T]{}, incomplete(l.operation,
				"page %d brings nothing new and links a further page, so that the rest of the list cannot be read", c.pages)
		}
		if err := c.checkEnd(); err != nil {
			return Listed[T]{}, err
		}
		if listed := len(c.all); !more && got.total > listed {
			all, err := l.numbered(ctx)
			if refusesPaging(err) {
				return Listed[T]{}, l.cutOff(listed, got.total)
			}
			all.Calls += c.pages
			return all, err
		}
		if !more {
			return c.listed(), nil
		}
		if path, query, err = l.client.conn.Next(huaweicloud.ServiceIAM, got.next); err != nil {
			return Listed[T]{}, incomplete(l.operation, "%v", err)
		}
	}
}
