package directory

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Listed is a list of the cloud.
type Listed[T any] struct {
	All []T `json:"all"`
	// Odd are the elements that are not as documented. Each is there, and only that is known of it.
	Odd []huaweicloud.Odd `json:"odd,omitempty"`
	// Calls is how many calls it took.
	Calls int `json:"-"`
}

// MayHide returns an element that is not as documented and may be one of the names: it has such a name, or none that can be used.
func (l Listed[T]) MayHide(names ...string) (odd huaweicloud.Odd, may bool) {
	for _, odd := range l.Odd {
		for _, name := range names {
			if odd.Name == name || !ValidName(odd.Name) {
				return odd, true
			}
		}
	}
	return huaweicloud.Odd{}, false
}

// LeftUnread returns the words of cloud.notRead that hold for an observation. Where nothing is planned of it, one is among them that no
// manifest can have: [huaweicloud.PartAgency] with nothing behind it leaves out every agency that shows no name.
func LeftUnread(covered providers.Coverage) []string {
	if covered.Lenient {
		return append(slices.Clone(covered.NotRead), huaweicloud.PartAgency)
	}
	return covered.NotRead
}

// errIfHidden returns the error of a list of agencies that shows none of the names and may hide one of them; nil where it hides none.
// The words that leave out are those of [LeftUnread]: they say that an agency without a name is another one.
func (l Listed[T]) errIfHidden(operation string, leftOut []string, names ...string) error {
	l.Odd = slices.DeleteFunc(slices.Clone(l.Odd), func(odd huaweicloud.Odd) bool {
		return !ValidName(odd.Name) && (slices.Contains(leftOut, huaweicloud.PartAgency) ||
			odd.ID != "" && slices.Contains(leftOut, huaweicloud.PartOf(huaweicloud.PartAgency, "", odd.ID)))
	})
	odd, may := l.MayHide(names...)
	if !may {
		return nil
	}
	hint := "have it repaired"
	if !ValidName(odd.Name) && odd.ID != "" {
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

// readItems makes values of what was decoded. One that cannot be used is odd; idAndName returns what it shows of itself.
func readItems[W, T any](items []huaweicloud.Item[W], idAndName func(W) (id, name string), read func(W) (T, error)) []huaweicloud.Item[T] {
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
		odd.ID, odd.Name = idAndName(item.Value)
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
	if !ValidName(name) || strings.ContainsFunc(name, unicode.IsControl) {
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
