package directory

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Listed is a list of the cloud.
type Listed[T any] struct {
	All []T
	// Odd are the elements that are not as documented. Each is there, and only that is known of it.
	Odd []huaweicloud.Odd
}

// MayHide returns an element that is not as documented and may be one of the names: it has such a name, or none that can be used.
func (l Listed[T]) MayHide(names ...string) (odd huaweicloud.Odd, may bool) {
	for _, odd := range l.Odd {
		for _, name := range names {
			if odd.Name == name || !validName(odd.Name) {
				return odd, true
			}
		}
	}
	return huaweicloud.Odd{}, false
}

// errIfHidden returns the error of a list of agencies that shows none of the names and may hide one of them; nil where it hides none.
// LeftOut are the words of cloud.notRead: by them people say that an agency without a name is another one.
func (l Listed[T]) errIfHidden(operation string, leftOut []string, names ...string) error {
	l.Odd = slices.DeleteFunc(slices.Clone(l.Odd), func(odd huaweicloud.Odd) bool {
		return !validName(odd.Name) && odd.ID != "" && slices.Contains(leftOut, huaweicloud.PartOf(huaweicloud.PartAgency, "", odd.ID))
	})
	odd, may := l.MayHide(names...)
	if !may {
		return nil
	}
	hint := "have it repaired"
	if !validName(odd.Name) && odd.ID != "" {
		hint += ", or leave it unread by cloud.notRead: [" + huaweicloud.PartOf(huaweicloud.PartAgency, "", odd.ID) + "]"
	}
	return incomplete(operation, "one of the list is not as documented, and may be the one that is looked for: %s; %s", odd, hint)
}

// split tells the elements of a list apart.
func split[T any](items []huaweicloud.Item[T]) (l Listed[T]) {
	for _, item := range items {
		if item.Odd != nil {
			l.Odd = append(l.Odd, *item.Odd)
		} else {
			l.All = append(l.All, item.Value)
		}
	}
	return l
}

// readItems makes values of what was decoded. One that cannot be used is odd; told returns its id and its name.
func readItems[W, T any](items []huaweicloud.Item[W], told func(W) (id, name string), read func(W) (T, error)) []huaweicloud.Item[T] {
	all := make([]huaweicloud.Item[T], 0, len(items))
	for _, item := range items {
		if item.Odd != nil {
			odd := *item.Odd
			odd.Name = usableName(odd.Name)
			all = append(all, huaweicloud.Item[T]{Odd: &odd})
			continue
		}
		value, err := read(item.Value)
		if err == nil {
			all = append(all, huaweicloud.Item[T]{Value: value})
			continue
		}
		odd := huaweicloud.Odd{Fault: FaultOf(err)}
		odd.ID, odd.Name = told(item.Value)
		if !huaweicloud.ValidID(odd.ID) {
			odd.ID = ""
		}
		odd.Name = usableName(odd.Name)
		all = append(all, huaweicloud.Item[T]{Odd: &odd})
	}
	return all
}

// usableName returns the name of what is not as documented, "" where it cannot be used.
func usableName(name string) string {
	if !validName(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	return name
}

// IsOdd reports whether an error is about an answer that is not as documented.
func IsOdd(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Kind == nil && failed.Cause == nil
}

// FaultOf returns what an error says without the operation before it.
func FaultOf(err error) string {
	var failed *providers.CallError
	if errors.As(err, &failed) && failed.Message != "" {
		return failed.Message
	}
	return err.Error()
}

// page is one answer of a list; next links the one after it, where there are links. Total is how many the cloud counts in all.
type page[T any] struct {
	items []huaweicloud.Item[T]
	total int
	next  string
}

// list reads a list that comes whole, in linked pages, or in pages of a size.
type list[T any] struct {
	client    *Client
	operation string
	path      []string
	query     url.Values
	size      int
	id        func(T) string
	page      func(ctx context.Context, path []string, query url.Values) (page[T], error)
}

// pages begins to collect the list, each element once.
func (l *list[T]) pages() *huaweicloud.Pages[huaweicloud.Item[T]] {
	return huaweicloud.NewPages(get(l.operation, nil), l.size, func(item huaweicloud.Item[T]) string {
		if item.Odd != nil && item.Odd.ID == "" {
			return ""
		}
		if item.Odd != nil {
			return "odd " + item.Odd.ID + " " + item.Odd.Name + " " + item.Odd.Fault
		}
		return l.id(item.Value)
	})
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

func (l *list[T]) numbered(ctx context.Context) (Listed[T], error) {
	pages := l.pages()
	for {
		got, err := l.page(ctx, l.path, paged(l.query, pages.Read()+1, l.size))
		if pages.Read() == 0 && isBadRequest(err) {
			return Listed[T]{}, refusedPages{err}
		}
		if err != nil {
			return Listed[T]{}, err
		}
		if last, err := pages.Add(got.items, got.total); last || err != nil {
			return split(pages.All()), err
		}
	}
}

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
	return split(got.items), nil
}

func (l *list[T]) cutOff(listed, total int) error {
	return incomplete(l.operation, "the cloud counts %d and lists %d without pages, and it refuses pages: %d are missing",
		total, listed, total-listed)
}

// linked reads a list that is documented to come whole, or to link its pages. Where the cloud counts more than it lists, the list was
// cut off, and is read once more in pages.
func (l *list[T]) linked(ctx context.Context) (Listed[T], error) {
	path, query, pages := l.path, l.query, l.pages()
	for {
		got, err := l.page(ctx, path, query)
		if err != nil {
			return Listed[T]{}, err
		}
		more := got.next != ""
		if err := pages.AddLinked(got.items, more); err != nil {
			return Listed[T]{}, err
		}
		if listed := len(pages.All()); !more && got.total > listed {
			all, err := l.numbered(ctx)
			if refusesPaging(err) {
				return Listed[T]{}, l.cutOff(listed, got.total)
			}
			return all, err
		}
		if !more {
			return split(pages.All()), nil
		}
		if path, query, err = l.client.conn.Next(huaweicloud.ServiceIAM, got.next); err != nil {
			return Listed[T]{}, incomplete(l.operation, "%v", err)
		}
	}
}
