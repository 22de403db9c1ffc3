package rates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/rates"
)

func TestParse(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		in     string
		limit  int
		period time.Duration
		out    string // as it prints itself
	}{
		{"3/s", 3, time.Second, "3/s"},
		{"3/sec", 3, time.Second, "3/s"},
		{"2/second", 2, time.Second, "2/s"},
		{"2/seconds", 2, time.Second, "2/s"},
		{"3/m", 3, time.Minute, "3/min"},
		{"3/min", 3, time.Minute, "3/min"},
		{"3/minute", 3, time.Minute, "3/min"},
		{"3/minutes", 3, time.Minute, "3/min"},
		{"3/h", 3, time.Hour, "3/hour"},
		{"3/hr", 3, time.Hour, "3/hour"},
		{"3/hour", 3, time.Hour, "3/hour"},
		{"3/hours", 3, time.Hour, "3/hour"},
		{"1/d", 1, day, "1/day"}, {"100/day", 100, day, "100/day"}, {"3/days", 3, day, "3/day"},
		{"0/min", 0, time.Minute, "0/min"}, {"007/min", 7, time.Minute, "7/min"}, {"1000000000/s", 1_000_000_000, time.Second, "1000000000/s"},
		{"100/10m", 100, 10 * time.Minute, "100/10m"}, {"5/1h30m", 5, 90 * time.Minute, "5/1h30m"}, {"10/2d", 10, 2 * day, "10/2d"},
		{"1/500ms", 1, 500 * time.Millisecond, "1/500ms"},
		{"1/1ms", 1, time.Millisecond, "1/1ms"},
		{"1/1.5s", 1, 1500 * time.Millisecond, "1/1.5s"},
		{"3/60s", 3, time.Minute, "3/min"}, {"3/24h", 3, day, "3/day"}, {"3/1d", 3, day, "3/day"}, {"3/1d12h", 3, 36 * time.Hour, "3/36h"},
		{"3/36h", 3, 36 * time.Hour, "3/36h"}, {"3/2h", 3, 2 * time.Hour, "3/2h"}, {"3/1h0m1s", 3, time.Hour + time.Second, "3/1h0m1s"},
		{"3/20m", 3, 20 * time.Minute, "3/20m"}, {"3/10s", 3, 10 * time.Second, "3/10s"}, {"3/1500us", 3, 1500 * time.Microsecond, "3/1.5ms"},
		{"1/106751d", 1, 106751 * day, "1/106751d"},
	} {
		got, err := rates.Parse(row.in)
		if want := (rates.Rate{Limit: row.limit, Period: row.period}); err != nil || got != want {
			t.Errorf("%s: got %d in %v, %v", row.in, got.Limit, got.Period, err)
		}
		if got.String() != row.out {
			t.Errorf("%s prints %s, want %s", row.in, got, row.out)
		}
		if again, err := rates.Parse(got.String()); again != got || err != nil {
			t.Errorf("%s prints %s, which is %v %v", row.in, got, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ in, why string }{
		{"", "no slash"}, {"3", "no slash"}, {"3 per min", "no slash"}, {"/", "limit"}, {"/min", "limit"}, {"x/min", "limit"},
		{"-1/min", "limit"}, {"+1/min", "limit"}, {"1.5/min", "limit"}, {"1_000/min", "limit"}, {"1e3/min", "limit"}, {"0x10/min", "limit"},
		{" 3/min", "limit"}, {"3 /min", "limit"}, {"٣/min", "limit"}, {"3\x00/min", "limit"}, {"1000000001/s", "limit"},
		{"18446744073709551616/s", "limit"}, {"99999999999999999999999/s", "limit"},
		{"3/", "the period must be s"},
		{"3/ min", "the period must be s"},
		{"3/min ", "the period must be s"},
		{"3/MIN", "the period must be s"},
		{"3/Min", "the period must be s"},
		{"3/mins", "the period must be s"},
		{"5/month", "the period must be s"},
		{"5/ms", "the period must be s"},
		{"5/mon", "the period must be s"},
		{"5/week", "the period must be s"},
		{"5/w", "the period must be s"},
		{"5/year", "the period must be s"},
		{"5/hat", "the period must be s"},
		{"3/10", "the period must be s"},
		{"3/m10", "the period must be s"},
		{"3/min/s", "the period must be s"},
		{"3//min", "the period must be s"},
		{"3/-10m", "the period must be s"},
		{"3/+10m", "the period must be s"},
		{"3/1d-1h", "the period must be s"},
		{"3/1h2d", "the period must be s"},
		{"3/1.5d", "the period must be s"},
		{"3/-1d", "the period must be s"},
		{"3/1d1d", "the period must be s"},
		{"3/1dx", "the period must be s"},
		{"3/106752d", "the period must be s"},
		{"3/106751d24h", "the period must be s"},
		{"3/9999999999999d", "the period must be s"},
		{"3/9999999999h", "the period must be s"},
		{"3/0s", "at least 1ms"}, {"3/0d", "at least 1ms"}, {"3/999us", "at least 1ms"}, {"3/1ns", "at least 1ms"},
	} {
		rate, err := rates.Parse(row.in)
		if err == nil || !strings.Contains(err.Error(), row.why) || rate != (rates.Rate{}) {
			t.Errorf("%q: %v, %v; want an error about %s", row.in, rate, err, row.why)
		}
	}
	if _, err := rates.Parse(strings.Repeat("9", 1<<20) + "/min"); err == nil || len(err.Error()) > 200 {
		t.Error("a long text is accepted or quoted in full")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"3/min", "100/1h30m", "10/2d", "1/500ms", "0/s", "-1/s", "1/106751d23h47m16.854775807s",
		"1/d", "1/1d1ns", "/", "1/µs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rate, err := rates.Parse(s)
		if err != nil {
			return
		}
		if rate.Limit < 0 || rate.Limit > 1_000_000_000 || rate.Period < time.Millisecond {
			t.Fatalf("%q is %d in %v", s, rate.Limit, rate.Period)
		}
		if again, err := rates.Parse(rate.String()); again != rate || err != nil {
			t.Fatalf("%q prints %q, which is %v, %v", s, rate, again, err)
		}
	})
}
