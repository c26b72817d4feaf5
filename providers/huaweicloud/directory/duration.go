package directory

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Lifetime is how long an agency lives from when it was set. The zero Lifetime is not known.
type Lifetime struct {
	// Forever is set for an agency without end; Hours is then 0.
	Forever bool `json:"forever,omitempty"`
	Hours   int  `json:"hours,omitempty"`
}

// IsZero reports whether the lifetime is not known.
func (l Lifetime) IsZero() bool { return l == Lifetime{} }

// maxHours bounds a lifetime: about a thousand years.
const maxHours = 1000 * 366 * 24

// parseLifetime reads the member "duration" of an answer. Requests count days and answers hours; an answer may be null,
// a text or a number. IAM API reference, "Querying Agency Details".
//
// Where the hours are no whole days, they may be those that are left. Then the span from creation to end is taken if it
// is whole days.
func parseLifetime(raw json.RawMessage, created, expires time.Time) Lifetime {
	text := strings.Trim(strings.TrimSpace(string(raw)), `"`)
	switch strings.ToUpper(text) {
	case "", "NULL", "FOREVER":
		return Lifetime{Forever: true}
	case "ONEDAY":
		return Lifetime{Hours: 24}
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number >= 0 && number <= maxHours) {
		return Lifetime{}
	}
	if number == 0 {
		return Lifetime{}
	}
	hours := int(number)
	if float64(hours) == number && hours%24 == 0 {
		return Lifetime{Hours: hours}
	}
	const day = 24 * time.Hour
	if span := expires.Sub(created).Round(time.Second); !created.IsZero() && span > 0 && span%day == 0 {
		return Lifetime{Hours: int(span / time.Hour)}
	}
	if hours == 0 {
		return Lifetime{}
	}
	return Lifetime{Hours: hours}
}
