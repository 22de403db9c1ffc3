package replay_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

// expectation parses a recorded answer as the corpus has it.
func expectation(t *testing.T, text string) replay.Expectation {
	t.Helper()
	var e replay.Expectation
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// answer normalises a 200 with a JSON body.
func answer(body string) replay.Response {
	return replay.Normalise(200, http.Header{"Content-Type": {"application/json"}}, []byte(body))
}

// lines puts each case on a line of its own.
func lines(cases ...string) string {
	for i := range cases {
		cases[i] = strings.ReplaceAll(cases[i], "\n", " ")
	}
	return strings.Join(cases, "\n")
}

// corpus loads the lines as a corpus of one file.
func corpus(t *testing.T, text string) []replay.Case {
	t.Helper()
	cases, err := replay.Load(fstest.MapFS{"c/a.jsonl": {Data: []byte(text)}}, "c")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// run replays the lines and returns all differences.
func run(t *testing.T, baseURL, text string, opts replay.Options) []string {
	t.Helper()
	report, err := replay.Run(t.Context(), baseURL, corpus(t, text), opts)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, result := range report.Results {
		all = append(all, result.Differences...)
	}
	return all
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("differences:\n got %q\nwant %q", got, want)
	}
}
