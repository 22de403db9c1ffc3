package resettoken_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
)

// TestNobodyLearnsWhoHasALink checks that unknown and inactive users and wrong
// tokens get one answer with the same queries and signatures.
func TestNobodyLearnsWhoHasALink(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		values := 0
		c := resettoken.Config{Value: func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) {
			values++
			return base, nil
		}}
		s := newSite(t, db)
		counted, counter := dbtest.Count(db)
		g := generatorOf(t, counted, c)
		uid, good := s.link(t, "alice")
		inactive, inactives := s.link(t, "inactive")
		wrong := good[:len(good)-1] + "!"
		expired, err := s.At(time.Now().Add(-30*24*time.Hour)).MakeToken(t.Context(), people.Named(t, db, "alice"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Find(t.Context(), uid, good); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			name, uid, token string
			work             int
		}{
			{"wrong token", uid, wrong, 1},
			{"expired token", uid, string(expired), 1},
			{"unknown user", "OTk5OQ", good, 1},
			{"inactive user", inactive, inactives, 1},
			{"inactive user, wrong token", inactive, wrong, 1},
			{"what no server makes: no token", uid, "", 0},
			{"time in capitals", uid, strings.ToUpper(good), 0},
			{"no key", "", good, 0},
			{"key that is no base64", "!", good, 0},
			{"very long token", uid, good + strings.Repeat("0", 1000), 0},
			{"very long key", strings.Repeat("M", 10_000), good, 0},
		} {
			counter.Statements()
			values = 0
			user, err := g.Find(t.Context(), row.uid, row.token)
			if !errors.Is(err, resettoken.ErrInvalid) || err.Error() != resettoken.ErrInvalid.Error() || user != nil {
				t.Errorf("%s: %v, %v", row.name, user, err)
			}
			if n := counter.Statements(); n != row.work || values != row.work {
				t.Errorf("%s: %d queries, %d signatures", row.name, n, values)
			}
		}
	})
}

// TestResetDuringAnOutage checks that a failure is neither a refusal nor a
// change.
func TestResetDuringAnOutage(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := dbtest.WithOutage(t, url)
		s := newSite(t, db)
		uid, token := s.link(t, "alice")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Find(ctx, uid, token); err == nil || errors.Is(err, resettoken.ErrInvalid) {
			t.Error("a request that has ended:", err)
		}
		for n := 0; ; n++ {
			outage.Begin(n, false)
			_, err := s.SetPassword(t.Context(), uid, token, newPassword)
			if !outage.End() {
				if err != nil {
					t.Error("without an outage:", err)
				}
				break
			}
			if err == nil || errors.Is(err, resettoken.ErrInvalid) || s.opens(t, "alice", newPassword) {
				t.Fatalf("after %d steps: %v", n, err)
			}
		}
		outage.Begin(0, false)
		if _, err := s.FindByEmail(t.Context(), "bob@example.com"); err == nil {
			t.Error("nobody has the address, as far as a database tells that is gone")
		}
		outage.End()
	})
}

func TestFindByEmail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		modeltest.Execute(t, db, "UPDATE auth_user SET password = '!unusable' WHERE username = 'bob'",
			"UPDATE auth_user SET email = 'Alice@Example.com' WHERE username = 'staff'",
			"UPDATE auth_user SET email = 'mıke@example.org' WHERE username = 'root'") // a dotless ı
		for _, row := range []struct{ email, want string }{
			{"alice@example.com", "alice staff"},
			{"ALICE@EXAMPLE.COM", "alice staff"},
			{"bob@example.com", ""}, // no usable password
			{"inactive@example.com", ""},
			{"mıke@example.org", "root"},
			{"mike@example.org", ""}, // CVE-2019-19844
			{"MIKE@example.org", ""},
			{"", ""},
			{"alice@example.com\x00", ""},
			{"alice@example.com\xff", ""},
			{"%", ""},
			{"alice@example_com", ""},
			{strings.Repeat("a", 1<<20), ""},
		} {
			found, err := s.FindByEmail(t.Context(), row.email)
			var names []string
			for _, user := range found {
				names = append(names, s.users.Username(user))
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != row.want || err != nil {
				t.Errorf("%.30q: got %q, %v, want %q", row.email, got, err, row.want)
			}
		}
	})
}
