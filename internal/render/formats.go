package render

import (
	"maps"
	"slices"
)

// unfit are the kinds of reports that a format has no form for. A format that is not here can write all of them.
var unfit = map[string][]Kind{
	"markdown":           {List},
	"html":               {List},
	"sarif":              {Whoami, List},
	"junit":              {Whoami, List},
	"gitlab-codequality": {Whoami, List},
	"gitlab-terraform":   {Drift, Audit, Validate, Whoami, List}, // three numbers do not say what differs and cannot be mended
	"textfile":           {Validate, Whoami, List},
}

// FormatsOf returns the names of the formats that reports of a kind can be written in, sorted.
func FormatsOf(kind Kind) []string {
	if kind == Graph {
		return slices.Sorted(maps.Keys(GraphFormats()))
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(Formats())), func(name string) bool { return slices.Contains(unfit[name], kind) })
}

// FormatOf returns the format of that name for reports of a kind, nil for none.
func FormatOf(kind Kind, name string) Format {
	if kind == Graph {
		return GraphFormats()[name]
	}
	return Formats()[name]
}
