//go:build !race

package render_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The largest documents. One goroutine makes each, so that the race detector would only make them slow.

func TestSARIFStaysWithinTheLimitsAndCountsWhatItLeavesOut(t *testing.T) {
	for _, n := range []int{25_000, 25_001, 60_000} {
		log := sarif(t, withPlaces(t, drifts(manyFindings(n))))
		run := log.Runs[0]
		require.LessOrEqual(t, len(run.Results), 25_000)
		told := 0
		left := 0
		before := "error"
		for _, r := range run.Results {
			if strings.HasPrefix(r.RuleID, "more-results") {
				_, err := fmt.Sscanf(r.Message.Text, "%d more", &left)
				require.NoError(t, err)
				continue
			}
			told++
			require.False(t, before != "error" && r.Level == "error" || before == "note" && r.Level == "warning", "the gravest stand first")
			before = r.Level
		}
		require.Equal(t, n, told+left, "nothing is lost silently")
		if n > 25_000 {
			require.Contains(t, run.Invocations[0].Notifications[0].Message.Text, strconv.Itoa(left)+" more results, least severe left out")
		} else {
			require.Zero(t, left)
		}
	}
}

func TestSARIFIsCutToTheSizeThatMayBeUploaded(t *testing.T) {
	d := manyFindings(3_000)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range d.Findings { // what no packer makes smaller
		text := make([]byte, 6_000)
		for j := range text {
			text[j] = byte('!' + noise.IntN(90))
		}
		d.Findings[i].Message = string(text)
	}
	text := writtenIn(t, "sarif", drifts(d), machineOptions)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.LessOrEqual(t, packed.Len(), 10<<20)
	require.Greater(t, packed.Len(), 7<<20, "no more is cut than must be")

	var log sarifDocument
	require.NoError(t, json.Unmarshal([]byte(text), &log))
	run, left := log.Runs[0], 0
	_, err = fmt.Sscanf(run.Results[0].Message.Text, "%d more", &left)
	require.NoError(t, err)
	require.Equal(t, 3_000, len(run.Results)-1+left)
	require.Equal(t, "error", run.Results[1].Level)
}
