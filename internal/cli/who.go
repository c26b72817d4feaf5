package cli

import (
	"errors"
	"strconv"
	"strings"
)

const flagWho = "who"

// whoFlag is the value of --who.
type whoFlag struct {
	on bool
	// region is where the record of who did what is kept; "" leaves that to the cloud.
	region string
}

// String implements [pflag.Value].
func (f *whoFlag) String() string {
	if f.region != "" {
		return f.region
	}
	return strconv.FormatBool(f.on)
}

// Type implements [pflag.Value].
func (f *whoFlag) Type() string { return "REGION" }

// Set implements [pflag.Value].
func (f *whoFlag) Set(text string) error {
	switch {
	case text == "true", text == "false":
		*f = whoFlag{on: text == "true"}
	case strings.Contains(text, "-") && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == "":
		*f = whoFlag{on: true, region: text}
	default:
		return errors.New("write true, false, or a region as in cn-north-4 or eu-de")
	}
	return nil
}
