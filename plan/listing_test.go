package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
)

func TestSearchFindsWhatHasEveryWord(t *testing.T) {
	detail := &plan.Detail{}
	all := plan.Listing{List: "tools", Total: 4, Items: []plan.Listed{
		{Name: "Saw", ID: "1", Title: "cutter", Description: "cuts WOOD", Detail: detail},
		{Name: "Saw Blade", ID: "2", Description: "part of a saw", Detail: detail},
		{Name: "custom:Rasp", ID: "3", Description: "for wood and saws", Detail: detail},
		{Name: "Nail", ID: "4"},
	}}
	for name, c := range map[string]struct {
		words, found, detailed []string
	}{
		"no word":                          {nil, []string{"Saw", "Saw Blade", "custom:Rasp", "Nail"}, nil},
		"any case, in any of the three":    {[]string{"CUTTER", "wood"}, []string{"Saw"}, []string{"Saw"}},
		"every word":                       {[]string{"saw", "wood"}, []string{"Saw", "custom:Rasp"}, nil},
		"a word with a blank":              {[]string{"saw blade"}, []string{"Saw Blade"}, []string{"Saw Blade"}},
		"the name as a whole":              {[]string{"Saw"}, []string{"Saw", "Saw Blade", "custom:Rasp"}, []string{"Saw"}},
		"the name in several words":        {[]string{"Saw", "Blade"}, []string{"Saw Blade"}, []string{"Saw Blade"}},
		"the id as a whole":                {[]string{"3"}, []string{"custom:Rasp"}, []string{"custom:Rasp"}},
		"a name in another case is a word": {[]string{"SAW"}, []string{"Saw", "Saw Blade", "custom:Rasp"}, nil},
		"nothing":                          {[]string{"saw", "stone"}, nil, nil},
		"words do not meet over the edges": {[]string{"sawcutter"}, nil, nil},
		"what has no more to say is alone": {[]string{"nail"}, []string{"Nail"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := all.Search(c.words)
			var found, detailed []string
			for _, item := range l.Items {
				found = append(found, item.Name)
				if item.Detail != nil {
					detailed = append(detailed, item.Name)
				}
			}
			assert.Equal(t, c.found, found)
			assert.Equal(t, c.detailed, detailed)
			assert.Equal(t, 4, l.Total)
			assert.Equal(t, c.words, l.Words)
			assert.NotNil(t, all.Items[0].Detail, "the listing stays as it is")
		})
	}
	assert.Equal(t, `did you mean "Nail"?`, all.DidYouMean([]string{"nails"}))
	assert.Equal(t, `did you mean "cutter"?`, all.DidYouMean([]string{"cuter"}))
	assert.Equal(t, `did you mean "Saw Blade" or "Saw"?`, all.DidYouMean([]string{"saw", "blad"}))
	assert.Equal(t, `did you mean "Blade"?`, all.DidYouMean([]string{"blaed"}), "a word of a name")
	assert.Empty(t, all.DidYouMean([]string{"concrete"}))
}
