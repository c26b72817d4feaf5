package iam

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

const (
	forever = "forever"
	// maxDays bounds a duration in a manifest: a thousand years.
	maxDays = 365_000
)

// parseDays reads "Nd" with N from 1 to maxDays.
func parseDays(text string) (days int, ok bool) {
	number, found := strings.CutSuffix(text, "d")
	days, err := strconv.Atoi(number)
	return days, found && err == nil && days >= 1 && days <= maxDays && number[0] != '+'
}

// canonicalDuration brings a manifest's duration into canonical form; ok is false when it is none.
func canonicalDuration(text string) (canonical string, ok bool) {
	if text == forever {
		return forever, true
	}
	days, ok := parseDays(text)
	return strconv.Itoa(days) + "d", ok
}

// durationText is the canonical form of a live agency's lifetime, "" when it is not known.
func durationText(l directory.Lifetime) string {
	switch {
	case l.Forever:
		return forever
	case l.IsZero():
		return ""
	case l.Hours%24 == 0:
		return fmt.Sprintf("%dd", l.Hours/24)
	}
	return fmt.Sprintf("%dh", l.Hours)
}

// hoursOf returns how many hours a canonical duration is; ok is false for forever and for anything unknown.
func hoursOf(duration string) (hours int, ok bool) {
	if days, is := parseDays(duration); is {
		return days * 24, true
	}
	number, found := strings.CutSuffix(duration, "h")
	hours, err := strconv.Atoi(number)
	return hours, found && err == nil && hours > 0
}

// wireDuration spells a canonical duration as requests do: they count days, and know one day by a word that every cloud
// accepts.
func wireDuration(duration string) (string, error) {
	days, ok := parseDays(duration)
	switch {
	case duration == forever:
		return "FOREVER", nil
	case !ok:
		return "", fmt.Errorf("the duration %q cannot be sent", duration)
	case days == 1:
		return "ONEDAY", nil
	}
	return strconv.Itoa(days), nil
}
