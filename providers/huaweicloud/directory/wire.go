package directory

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// maxNameBytes bounds a name from the cloud, which allows 64 characters; the rest is room for other scripts.
const maxNameBytes = 1024

// reference is an object of which only the id matters.
type reference struct {
	ID string `json:"id"`
}

// timeLayouts are the spellings of times that were seen. The clouds mean UTC where they give no zone.
var timeLayouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"}

// ParseTime reads a time as the cloud writes it; ok is false for anything unknown.
func ParseTime(text string) (t time.Time, ok bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ValidName reports whether a name from the cloud can be shown and addressed.
func ValidName(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name)
}

// checkID is the error of an item whose id cannot be used.
func checkID(operation, what, id string) error {
	if huaweicloud.ValidID(id) {
		return nil
	}
	return incomplete(operation, "the answer holds %s with the unusable id %.40q", what, id)
}

// UnmarshalJSON implements [json.Unmarshaler]. An id that is no text is none.
func (r *reference) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	if json.Unmarshal(fields["id"], &r.ID) != nil {
		r.ID = ""
	}
	return nil
}

// links are those of a list that comes in pages.
type links struct {
	Next *string `json:"next"`
}

// next returns the link to the next page, "" where there is none.
func (l links) next() string { return text(l.Next) }

// count is a total that an answer gives as a hint. Anything but a whole number counts as "not said", because the list
// itself decides what is there.
type count int

// UnmarshalJSON implements [json.Unmarshaler].
func (c *count) UnmarshalJSON(text []byte) error {
	*c = 0
	if n, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 31); err == nil && n > 0 {
		*c = count(n)
	}
	return nil
}
