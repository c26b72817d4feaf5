package traces

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// text is a value that is documented as a text and comes in other types too: a number, a boolean, an object, or null, which is "".
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(raw []byte) error {
	var plain string
	switch err := json.Unmarshal(raw, &plain); {
	case err == nil:
		*t = text(plain) // null too
	default:
		*t = text(raw)
	}
	return nil
}

// isTrue reports whether it is the boolean true or its text.
func (t text) isTrue() bool { return strings.EqualFold(string(t), "true") }

// milliseconds returns the moment so many milliseconds after 1970; ok is false for what is no such number, or lies beyond year 9999.
func (t text) milliseconds() (at time.Time, ok bool) {
	const most = 253_402_300_799_999
	n, err := strconv.ParseFloat(string(t), 64)
	if err != nil || !(n > 0 && n <= most) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(n)).UTC(), true
}
