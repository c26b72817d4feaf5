package stories

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// hook serves a target of notifications. Without more words it answers as every chat does to a message that it takes.
func hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("usage: hook NAME [STATUS [BODY]]")
	}
	args = append(args, []string{"200", `{"code":0,"errcode":0}`}[len(args)-1:]...)
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	file, err := os.OpenFile(ts.MkAbs(args[0]+".hook"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = file.Write(append(body, '\n'))
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, args[2]) // who does not wait for it has gone
	}))
	ts.Defer(func() {
		server.Close()
		_ = file.Close()
	})
	variable := "AGENCYCTL_NOTIFY_" + strings.ToUpper(strings.ReplaceAll(args[0], "-", "_"))
	ts.Setenv(variable+"_URL", server.URL+"/canary-url?token=canary-token")
	ts.Setenv(variable+"_SECRET", "canary-secret")
}
