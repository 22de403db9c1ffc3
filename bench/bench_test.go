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
	if len(results) < 14 {
		t.Errorf("only %d rows", len(results))
	}
	checkXML(t, drawChart(results))
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
