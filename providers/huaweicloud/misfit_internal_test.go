package huaweicloud

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheValueThatDoesNotFitIsNamed(t *testing.T) {
	type role struct {
		ID      string            `json:"id"`
		Count   int               `json:"count"`
		On      bool              `json:"on"`
		Tags    []string          `json:"tags"`
		Links   map[string]string `json:"links"`
		Project *struct {
			Name string
		} `json:"project"`
		Raw json.RawMessage `json:"raw"`
		Any any             `json:"any"`
	}
	type answer struct {
		Roles []role     `json:"roles"`
		More  List[role] `json:"more"`
		Total int        `json:"total"`
	}
	for body, want := range map[string]string{
		`{"roles":[{},{},{},{"id":7}]}`:               "roles[3].id is a number, a text is expected",
		`{"roles":{"id":"x"}}`:                        "roles is an object, a list is expected",
		`{"roles":["x"]}`:                             "roles[0] is a text, an object is expected",
		`{"roles":[{"count":"x"}]}`:                   "roles[0].count is a text, a whole number is expected",
		`{"roles":[{"count":1.5}]}`:                   "roles[0].count is a number, a whole number is expected",
		`{"roles":[{"on":"yes"}]}`:                    "roles[0].on is a text, true or false is expected",
		`{"roles":[{"id":true}]}`:                     "roles[0].id is true, a text is expected",
		`{"roles":[{"tags":["a",{}]}]}`:               "roles[0].tags[1] is an object, a text is expected",
		`{"roles":[{"links":{"next":[]}}]}`:           "roles[0].links.next is a list, a text is expected",
		`{"roles":[{"project":{"NAME":1}}]}`:          "roles[0].project.NAME is a number, a text is expected",
		`{"total":"1","roles":[{"raw":1,"any":{}}]}`:  "total is a text, a whole number is expected",
		`{"more":7}`:                                  "more is a number, a list is expected",
		`[]`:                                          "it is a list, an object is expected",
		`"x"`:                                         "it is a text, an object is expected",
		`{"roles":[{"unknown":1,"id":[]},{"id":{}}]}`: "roles[0].id is a list, a text is expected",
	} {
		var out answer
		require.Error(t, json.Unmarshal([]byte(body), &out), body)
		assert.Equal(t, want, misfit([]byte(body), reflect.TypeOf(&out)), body)
	}
}
