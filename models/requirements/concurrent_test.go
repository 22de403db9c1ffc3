package requirements_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// TestOneCodeHasOneWinner checks that of 100 logins at once with one code, one
// gets in.
func TestOneCodeHasOneWinner(t *testing.T) {
	inWorlds(t, func(t *testing.T, open opener) {
		for _, row := range []struct {
			name    string
			declare declaration
		}{
			{"django-otp", otp(nil)},
			{"allauth", mfa(nil)},
			{"allauth with Django's cache", mfa(func(m *requirements.AllauthMFA) { m.CacheTable = "django_cache" })},
			{"both, with one key", func(w *world) login.Requirements {
				return requiring(append(otp(nil)(w).All, mfa(nil)(w).All...)...)
			}},
		} {
			w := open(row.declare)
			djangologin.TOTPDevice(t, w.db, w.ids["alice"], key)
			djangologin.Authenticator(t, w.db, w.ids["alice"], key)
			counts := w.atOnce(100, func(int) string { return w.code(0) })
			if in := counts["in"]; in != 1 || counts["in"]+counts["otp_invalid"]+counts["otp_throttled"] != 100 {
				t.Errorf("%s: %v", row.name, counts)
			}
		}
	})
}

// TestGuessesAtOnce checks that of many codes at once no more are tested than of
// as many one after another: the right one gets in only if it comes first.
func TestGuessesAtOnce(t *testing.T) {
	inWorlds(t, func(t *testing.T, open opener) {
		in, wrong := 0, 0
		for range 10 {
			w := open(otp(nil))
			djangologin.TOTPDevice(t, w.db, w.ids["alice"], key)
			counts := w.atOnce(50, func(i int) string {
				if i == 49 {
					return w.code(0)
				}
				return "000000"
			})
			in, wrong = in+counts["in"], wrong+counts["otp_invalid"]
			var failures int
			w.db.Raw("SELECT throttling_failure_count FROM otp_totp_totpdevice").Scan(&failures)
			if counts["otp_invalid"] > 1+counts["in"] || failures > 1 || counts["failure"] > 0 {
				t.Errorf("%v, %d failures are recorded", counts, failures)
			}
		}
		if in == 10 {
			t.Errorf("the right code got in every time, %d were wrong", wrong)
		}
	})
}

// atOnce logs alice in n times at once, and counts the outcomes.
func (w *world) atOnce(n int, code func(i int) string) map[string]int {
	var mu sync.Mutex
	var group sync.WaitGroup
	counts, start := map[string]int{}, make(chan struct{})
	for i := range n {
		given := code(i)
		group.Go(func() {
			<-start
			outcome, _, _ := strings.Cut(w.login("alice", given), " ")
			mu.Lock()
			defer mu.Unlock()
			counts[outcome]++
		})
	}
	time.Sleep(time.Millisecond) // most are waiting now
	close(start)
	group.Wait()
	return counts
}
