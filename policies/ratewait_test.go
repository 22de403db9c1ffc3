package policies_test

import (
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/rates"
)

// TestRetryAfterBeyondTheLimit checks that a refusal reports correctly when the
// next request is admitted, whatever has filled the log.
func TestRetryAfterBeyondTheLimit(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name       string
		used       int    // requests at 10/min, three seconds apart
		then       string // the rate of the class that refuses
		retryAfter string
		rateLimit  string // the header of the refusing class
	}{
		{"the limit was lowered", 10, "3/min", "51", `"user/min";r=0;t=51`},
		{"the limit was lowered to one", 10, "1/min", "57", `"user/min";r=0;t=57`},
		{"the limit is as it was", 10, "10/min", "30", `"user/min";r=0;t=30`},
		{"one too many", 4, "3/min", "51", `"user/min";r=0;t=51`},
		{"just full", 3, "3/min", "51", `"user/min";r=0;t=51`},
		{"nothing is admitted", 10, "0/min", "60", `"user/min";r=0;t=60`},
		{"nothing was ever admitted", 0, "0/min", "60", `"user/min";r=0;t=60`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := policies.RateConfig{Counter: "user", Store: rates.NewMemoryStore()}
				before, _ := throttledSite(policies.UserRate("10/min", shared))
				after, _ := throttledSite(policies.UserRate(row.then, shared))
				for range row.used {
					if got := hit(before, "/", ""); got != 200 {
						t.Fatal(got)
					}
					time.Sleep(3 * s)
				}
				w := httptest.NewRecorder()
				after.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				if got := w.Header().Get("Retry-After"); w.Code != 429 || got != row.retryAfter || w.Header().Get("RateLimit") != row.rateLimit {
					t.Errorf("%d, Retry-After %q, want %s; RateLimit %q", w.Code, got, row.retryAfter, w.Header().Get("RateLimit"))
				}
			})
		})
	}
}

// TestTwoLimitsOfOneScope checks that two classes of one route that share a log
// report the wait as it was before the second of them counted the request.
func TestTwoLimitsOfOneScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := policies.RateConfig{Counter: "user", Store: rates.NewMemoryStore()}
		var rates [2]ginauth.Throttle
		for i, rate := range []string{"3/min", "5/min"} {
			rates[i] = policies.UserRate(rate, shared)
		}
		site, _ := throttledSite(rates[0], rates[1])
		for range 2 { // each counts twice
			hit(site, "/", "")
			time.Sleep(time.Second)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 429 || w.Header().Get("Retry-After") != "58" {
			t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	})
}
