package directory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"

// cloud answers by path and records what was asked.
type cloud struct {
	mu      sync.Mutex
	answers map[string]func(w http.ResponseWriter, r *http.Request)
	asked   []string
	url     string
	// fallback answers what has no answer of its own, one call at a time; nil means 404.
	fallback http.Handler
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked = append(c.asked, r.Method+" "+r.URL.RequestURI())
	answer := c.answers[r.URL.Path]
	if answer == nil && c.fallback != nil {
		defer c.mu.Unlock()
		c.fallback.ServeHTTP(w, r)
		return
	}
	c.mu.Unlock()
	if answer == nil {
		refuse(http.StatusNotFound)(w, r)
		return
	}
	answer(w, r)
}

// on sets the answer for a path.
func (c *cloud) on(path string, answer func(w http.ResponseWriter, r *http.Request)) {
	c.answers[path] = answer
}

func (c *cloud) client(t *testing.T, kind string) *directory.Client {
	t.Helper()
	server := httptest.NewServer(c)
	c.url = server.URL
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay, retry.MaxAttempts = time.Millisecond, time.Millisecond, 2
	environment := map[string]string{auth.EnvAccessKey: "AK", auth.EnvSecretKey: "SK", auth.EnvDomainID: domain}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: kind, Region: "eu-de"}, Endpoints: map[string]string{"iam": server.URL}, Rate: -1,
		Getenv: func(name string) string { return environment[name] },
	}, huaweicloud.WithRetry(retry))
	require.NoError(t, err)
	t.Cleanup(func() {
		conn.Close()
		server.Close()
	})
	return directory.NewClient(conn)
}

func newCloud() *cloud { return &cloud{answers: map[string]func(http.ResponseWriter, *http.Request){}} }

func refuse(status int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, `{"error":{"message":"no","code":1}}`)
	}
}

func say(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// pages serves items by page and per_page under key; total is added under totalKey unless that is empty.
func pages(key string, items []map[string]any, limit int, totalKey string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		per, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		if limit > 0 {
			per = min(per, limit)
		}
		from := min((page-1)*per, len(items))
		answer := map[string]any{key: items[from:min(from+per, len(items))]}
		if totalKey != "" {
			answer[totalKey] = len(items)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func things(n int, extra map[string]any) []map[string]any {
	items := make([]map[string]any, n)
	for i := range items {
		items[i] = map[string]any{"id": fmt.Sprintf("id%d", i), "name": fmt.Sprintf("name%d", i)}
		for key, value := range extra {
			items[i][key] = value
		}
	}
	return items
}

// cutOff lists the first items without pages, counts all, and takes pages or refuses them.
func cutOff(key string, items []map[string]any, limit int, refuses bool) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !r.URL.Query().Has("page"):
			_ = json.NewEncoder(w).Encode(map[string]any{key: items[:limit], "total_number": len(items), "links": map[string]any{"next": nil}})
		case refuses:
			refuse(http.StatusBadRequest)(w, r)
		default:
			pages(key, items, 0, "total_number")(w, r)
		}
	}
}

// whole ignores pages.
func whole(key string, items []map[string]any) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{key: items})
	}
}

// unpagedOnly refuses pages.
func unpagedOnly(answer func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("page") {
			refuse(http.StatusBadRequest)(w, r)
			return
		}
		answer(w, r)
	}
}
