package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
)

// screen is an app with a terminal of that many columns, and variables.
func screen(width int, variables map[string]string) *app {
	return &app{env: Env{Width: func() int { return width }, Getenv: func(name string) string { return variables[name] }}}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		said     string
		width    int
		terminal bool
		want     int
	}{
		{"", 100, true, 100},
		{"", 100, false, 0},
		{"", 0, true, 0},
		{"", 19, true, 20},
		{"80", 100, true, 80},
		{"80", 0, false, 80},
		{"20", 0, false, 20},
		{"19", 100, true, 20},
		{"10", 100, false, 20},
		{"-80", 100, false, 0},
		{"wide", 100, true, 100},
	} {
		a := screen(test.width, map[string]string{"COLUMNS": test.said})
		assert.Equal(t, test.want, a.columns(test.terminal), "%+v", test)
	}
}

func TestCOLUMNSOnlyNarrowsTheLineOfProgress(t *testing.T) {
	for _, test := range []struct {
		said        string
		width, want int
	}{{"", 60, 60}, {"200", 60, 60}, {"40", 60, 40}, {"200", 0, 200}, {"", 0, 0}, {"19", 60, 20}, {"200", 10, 10}} {
		a := screen(test.width, map[string]string{"COLUMNS": test.said})
		assert.Equal(t, test.want, a.progressColumns(), "%+v", test)
	}
}

func TestInColor(t *testing.T) {
	for _, test := range []struct {
		variables map[string]string
		noColor   bool
		terminal  bool
		want      bool
	}{
		{nil, false, true, true},
		{nil, false, false, false},
		{nil, true, true, false},
		{map[string]string{"NO_COLOR": "1"}, false, true, false},
		{map[string]string{"TERM": "dumb"}, false, true, false},
		{map[string]string{"TERM": "xterm"}, false, true, true},
		{map[string]string{"CLICOLOR_FORCE": "1"}, false, false, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false, false, false},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false, true, true},
		{map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, false, false, true},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false, true, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, true, true, false},
	} {
		a := screen(0, test.variables)
		a.noColor = test.noColor
		assert.Equal(t, test.want, a.inColor(test.terminal), "%+v", test)
	}
}

// A graph costs a judgement of every resource, so it is made only for the format that shows it.
func TestOnlyAPageIsDrawn(t *testing.T) {
	for value, drawn := range map[string]bool{"": false, "json": false, "markdown=a.md": false, "html": true, "html=a.html": true} {
		var o outputs
		if value != "" {
			require.NoError(t, (&outputFlag{&o, render.Plan}).Set(value))
		}
		require.Equal(t, drawn, o.draw(), value)
	}
}
