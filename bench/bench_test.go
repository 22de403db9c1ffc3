package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"
)

// TestRows checks that every row can be made and measured; making one checks
// the answers of both sides.
func TestRows(t *testing.T) {
	rows, err := allRows(filepath.Join(t.TempDir(), "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	var results []result
	for _, r := range rows {
		res := measure(r, 2, time.Microsecond)
		if res.us.least <= 0 || res.them.least <= 0 || res.us.least > res.us.median {
			t.Errorf("%s", res)
		}
		results = append(results, res)
	}
	checkXML(t, drawChart(results))
}

// TestWrongFlags checks that a run with nothing to measure fails instead of
// printing an empty table.
func TestWrongFlags(t *testing.T) {
	for _, c := range []struct {
		run       func(io.Writer, []string) error
		arguments []string
		want      string
	}{
		{inProcess, []string{"-only", "no row"}, `-only "no row" matches nothing`},
		{endToEnd, []string{"-only", "no server", "-users", "2"}, `-only "no server" matches nothing`},
		{growth, []string{"-only", "no series"}, `-only "no series" matches nothing`},
		{growth, []string{"-max", "5"}, "growth: -max must be at least 10"},
	} {
		if err := c.run(io.Discard, c.arguments); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.arguments, err, c.want)
		}
	}
}

// TestRatio checks how ratios are written.
func TestRatio(t *testing.T) {
	for want, got := range map[string]string{
		"2.50": ratio(5, 2), "1.00": ratio(1, 1), "0.50": ratio(1, 2), "0.10": ratio(1, 10), "1/17": ratio(6, 100),
		"1/11111": ratio(9, 99999),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// checkXML checks that a chart can be read.
func checkXML(t *testing.T, chart []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(chart))
	var err error
	for err == nil {
		_, err = decoder.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the chart is no XML:", err)
	}
}
