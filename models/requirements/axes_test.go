package requirements_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// TestAxes checks whom axes has locked out, and that the answer is the same for
// any password and any name.
func TestAxes(t *testing.T) {
	t.Parallel()
	const here, there = "192.0.2.1", "2001:db8::1"
	byName := [][]string{{"username"}}
	byBoth := [][]string{{"username", "ip_address"}}
	byEither := [][]string{{"username"}, {"ip_address"}}
	byAgent := [][]string{{"user_agent"}}
	rows := []struct {
		name              string
		axes              requirements.Axes
		failed, from      string
		ago               time.Duration
		failures          int
		as, address, want string
	}{
		{"the limit", requirements.Axes{}, "alice", here, 0, 3, "bob", here, "locked_out"},
		{"below the limit", requirements.Axes{}, "alice", here, 0, 2, "alice", here, "in"},
		{"a limit", requirements.Axes{FailureLimit: 4}, "alice", here, 0, 3, "alice", here, "in"},
		{"another address", requirements.Axes{}, "alice", here, 0, 3, "alice", there, "in"},
		{"IPv6", requirements.Axes{}, "alice", there, 0, 3, "alice", there, "locked_out"},
		{"IPv4 in IPv6", requirements.Axes{}, "alice", here, 0, 3, "alice", "::ffff:192.0.2.1", "locked_out"},
		{"a name", requirements.Axes{Parameters: byName}, "alice", there, 0, 3, "alice", here, "locked_out"},
		{"another name", requirements.Axes{Parameters: byName}, "alice", here, 0, 3, "bob", here, "in"},
		{"both", requirements.Axes{Parameters: byBoth}, "alice", here, 0, 3, "alice", here, "locked_out"},
		{"one of both", requirements.Axes{Parameters: byBoth}, "alice", here, 0, 3, "alice", there, "in"},
		{"either", requirements.Axes{Parameters: byEither}, "alice", here, 0, 3, "alice", there, "locked_out"},
		{"the user agent", requirements.Axes{Parameters: byAgent}, "alice", here, 0, 3, "bob", there, "locked_out"},
		{"no cool-off", requirements.Axes{}, "alice", here, 1000 * time.Hour, 3, "alice", here, "locked_out"},
		{"cooled off", requirements.Axes{CoolOff: time.Hour}, "alice", here, time.Hour + time.Second, 3, "alice", here, "in"},
		{"cooling off", requirements.Axes{CoolOff: time.Hour}, "alice", here, time.Hour - time.Second, 3, "alice", here, "locked_out"},
		{"no user", requirements.Axes{Parameters: byName}, "nobody", here, 0, 3, "nobody", here, "locked_out"},
		{"no possible user", requirements.Axes{Parameters: byName}, "alice", here, 0, 3, "alice\x00", here, "bad credentials"},
	}
	inWorlds(t, func(t *testing.T, open opener) {
		for _, row := range rows {
			w := open(func(w *world) login.Requirements {
				row.axes = row.axes.At(w.clock)
				return locking(row.axes)
			})
			djangologin.AxesFailures(t, w.db, row.failed, row.from, w.clock().Add(-row.ago), row.failures)
			for _, password := range []models.Secret{models.Secret(row.as + "-pw"), "wrong"} {
				want := row.want
				if want == "in" && password == "wrong" {
					want = "bad credentials"
				}
				given := login.Credentials{Username: row.as, Password: password, UserAgent: "curl", Address: netip.MustParseAddr(row.address)}
				if got := w.given(given); got != want {
					t.Errorf("%s, %q: got %q, want %q", row.name, string(password), got, want)
				}
			}
		}
	})
}
