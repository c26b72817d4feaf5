package acceptance

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

var signatureOf = regexp.MustCompile(`Signature=([0-9a-f]{64})`)

// minted is the answer that hands out temporary keys.
type minted struct {
	Credential struct {
		Access        string `json:"access"`
		Secret        string `json:"secret"`
		SecurityToken string `json:"securitytoken"`
	} `json:"credential"`
}

// noteSecrets remembers what nobody may ever see.
func (f *front) noteSecrets(texts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, text := range texts {
		if text != "" {
			f.secrets[text] = true
		}
	}
}

// watched notes every secret that goes to a handler or comes from it.
func (f *front) watched(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.noteSecrets(r.Header.Get("X-Auth-Token"), r.Header.Get("X-Subject-Token"), r.Header.Get("X-Security-Token"), r.Header.Get("X-Metadata-Token"))
		if found := signatureOf.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
			f.noteSecrets(found[1])
		}
		if r.URL.Path != tokensPath && r.URL.Path != tempPath && r.URL.Path != "/openstack/latest/securitykey" {
			h.ServeHTTP(w, r)
			return
		}
		copied := &copying{ResponseWriter: w}
		h.ServeHTTP(copied, r)
		f.noteSecrets(w.Header().Get("X-Subject-Token"))
		var told minted
		if json.Unmarshal(copied.body.Bytes(), &told) == nil {
			f.noteSecrets(told.Credential.Access, told.Credential.Secret, told.Credential.SecurityToken)
		}
	})
}

// copying keeps a copy of the body that goes through.
type copying struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (c *copying) Write(p []byte) (int, error) {
	c.body.Write(p)
	return c.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (c *copying) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// assertNoSecret looks for every secret that was used or handed out.
func (f *front) assertNoSecret(t *testing.T, texts map[string]string) {
	t.Helper()
	f.noteSecrets(cloudsim.DemoSecretKey, cloudsim.DemoUserPassword)
	f.mu.Lock()
	defer f.mu.Unlock()
	for place, text := range texts {
		for secret := range f.secrets {
			assert.False(t, strings.Contains(text, secret), "%s holds the secret %s", place, secret)
		}
		assert.NotContains(t, text, "Signature=", place)
	}
}

// TestNoSecretIsInTheRepository looks for the simulator's own secrets in what tests compare with, and in the published
// documents. They are public; but where one of them stands, a real one could.
func TestNoSecretIsInTheRepository(t *testing.T) {
	looked := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(path)
		switch {
		case entry.IsDir() && (entry.Name() == ".git" || slashed == "testdata/script"): // stories type them
			return fs.SkipDir
		case entry.IsDir() || !strings.Contains("/"+slashed, "/testdata/") && !strings.HasPrefix(slashed, "examples/") && filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		for _, secret := range []string{cloudsim.DemoSecretKey, cloudsim.DemoUserPassword} {
			assert.False(t, bytes.Contains(text, []byte(secret)), "%s holds %s", path, secret)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, looked, 20)
}
