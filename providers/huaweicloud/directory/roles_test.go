package directory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

func TestListRoles(t *testing.T) {
	type result struct {
		want, calls int
		fault       string
	}
	for name, test := range map[string]struct {
		kind   string
		answer func(base *cloud) func(http.ResponseWriter, *http.Request)
		result
	}{
		"pages of 300": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return pages("roles", things(612, nil), 0, "total_number")
		}, result: result{612, 3, ""}},
		"a full last page": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return pages("roles", things(300, nil), 0, "")
		}, result: result{300, 2, ""}},
		"a full last page, counted": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return pages("roles", things(600, nil), 0, "total_number")
		}, result: result{600, 3, ""}},
		"a role goes while the list is read, and it is read again": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			var calls atomic.Int32
			return func(w http.ResponseWriter, r *http.Request) {
				from := 1
				if calls.Add(1) == 1 {
					from = 0
				}
				pages("roles", things(613, nil)[from:], 0, "total_number")(w, r)
			}
		}, result: result{612, 6, ""}},
		"a role goes and another comes": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			var calls atomic.Int32
			return func(w http.ResponseWriter, r *http.Request) {
				all := things(613, nil)
				if calls.Add(1) == 1 {
					all = append(all[1:], all[0])
				}
				pages("roles", all, 0, "total_number")(w, r)
			}
		}, result: result{613, 7, ""}},
		"a list that never adds up": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				from := min((page-1)*300, 612)
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(612, nil)[from:min(from+300, 612)], "total_number": 650})
			}
		}, result: result{fault: "counts 650 and lists 612: the pages do not add up"}},
		"a total that is far too high": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				from := min((page-1)*300, 301)
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(301, nil)[from:min(from+300, 301)], "total_number": 1 << 29})
			}
		}, result: result{fault: "lists 301: the pages do not add up", calls: 3 * 65}},
		"smaller pages than asked for": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return pages("roles", things(250, nil), 100, "total_number")
		}, result: result{250, 3, ""}},
		"cut off at 300 without pages": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return unpagedOnly(whole("roles", things(300, nil)))
		}, result: result{fault: "looks cut off"}},
		"complete without pages": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return unpagedOnly(whole("roles", things(299, nil)))
		}, result: result{299, 2, ""}},
		"the same page again, more counted": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(300, nil), "total_number": 400})
			}
		}, result: result{fault: "counts 400 and lists 300"}},
		"one call where nothing is linked": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(400, nil), "links": map[string]any{"next": nil}})
			}
		}, result: result{400, 1, ""}},
		"linked pages": {kind: huaweicloud.OpenTelekomCloud, answer: func(c *cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("marker") == "" {
					_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(2, nil), "links": map[string]any{"next": c.url + "/v3/roles?marker=2"}})
					return
				}
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(3, nil)})
			}
		}, result: result{3, 2, ""}},
		"a link elsewhere": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return say(`{"roles":[{"id":"1","name":"a"}],"links":{"next":"https://evil.test/v3/roles"}}`)
		}, result: result{fault: "another host"}},
		"a link in a circle": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return say(`{"roles":[{"id":"1","name":"a"}],"links":{"next":"/v3/roles"}}`)
		}, result: result{fault: "page 2 brings nothing new and links a further page"}},
		"a marker that moves for ever": {kind: huaweicloud.OpenTelekomCloud, answer: func(c *cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				marker, _ := strconv.Atoi(r.URL.Query().Get("marker"))
				fmt.Fprintf(w, `{"roles":[{"id":"r%d","name":"a"}],"links":{"next":"/v3/roles?marker=%d"}}`, marker, marker+1)
			}
		}, result: result{fault: "no end", calls: 2000}},
		"cut off at 300 and no link, in pages then": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return cutOff("roles", things(400, nil), 300, false)
		}, result: result{400, 3, ""}},
		"300 of 300": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return cutOff("roles", things(300, nil), 300, true)
		}, result: result{300, 1, ""}},
		"cut off at 300, pages refused": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return cutOff("roles", things(400, nil), 300, true)
		}, result: result{fault: "counts 400 and lists 300 without pages, and it refuses pages: 100 are missing", calls: 2}},
		"cut off at 300, pages ignored": {kind: huaweicloud.OpenTelekomCloud, answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"roles": things(300, nil), "total_number": 400})
			}
		}, result: result{fault: "counts 400 and lists 300", calls: 3}},
		"300 of 300 without pages": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return cutOff("roles", things(300, nil), 300, true)
		}, result: result{300, 2, ""}},
		"an empty list, more counted": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) {
			return say(`{"roles":[],"total_number":7}`)
		}, result: result{fault: "counts 7 and lists 0"}},
		"another answer": {answer: func(*cloud) func(http.ResponseWriter, *http.Request) { return say(`{}`) }, result: result{fault: "no list of roles"}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.kind == "" {
				test.kind = huaweicloud.HuaweiCloud
			}
			c := newCloud()
			c.on("/v3/roles", test.answer(c))
			got, err := c.client(t, test.kind).ListSystemRoles(t.Context())
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				assert.True(t, test.calls == 0 || test.calls == len(c.asked), "%d calls", len(c.asked))
				return
			}
			require.NoError(t, err)
			assert.Len(t, got.All, test.want)
			assert.Len(t, c.asked, test.calls)
		})
	}
}
