package refreshtoken_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

func TestConfigsThatContradictThemselves(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, config := range map[string]refreshtoken.Config{
		"a negative grace":            {Grace: -1},
		"families, but no blacklist":  {Grace: time.Second, Unrecorded: true},
		"families of reusable tokens": {Grace: time.Second, Reusable: true},
	} {
		if _, err := refreshtoken.Of(db, config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("two configs: no panic")
		}
	}()
	_, _ = refreshtoken.Of(db, refreshtoken.Config{}, refreshtoken.Config{})
}

// TestTokensThatAreNotRecorded: without simplejwt's tables there is nothing to
// find, and a rotation always succeeds.
func TestTokensThatAreNotRecorded(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		tokens := modeltest.RefreshTokens(t, db, refreshtoken.Config{Unrecorded: true})
		token := modeltest.Outstanding("one")
		if exists, err := tokens.Exists(t.Context()); !exists || err != nil {
			t.Errorf("exists: %v, %v", exists, err)
		}
		if err := tokens.Issue(t.Context(), token); err != nil {
			t.Errorf("issue: %v", err)
		}
		for range 2 {
			out, err := tokens.Rotate(t.Context(), refreshtoken.Rotation{Token: token, Successor: modeltest.Outstanding("two"), Now: time.Now()})
			if out.Result != refreshtoken.Rotated || err != nil {
				t.Errorf("rotate: %+v, %v", out, err)
			}
		}
		tokens.TryRevoke(t.Context(), token)
		if out, err := tokens.End(t.Context(), token, time.Now()); out != (refreshtoken.Outcome{}) || err == nil {
			t.Errorf("end: %+v, %v", out, err)
		}
		if found, err := tokens.Contains(t.Context(), "one"); found || err != nil {
			t.Errorf("contains: %v, %v", found, err)
		}
		if live, err := tokens.Live(t.Context(), "any"); !live || err != nil || tokens.FamilyFor("any") != "" {
			t.Errorf("live: %v, %v, family %q", live, err, tokens.FamilyFor("any"))
		}
	})
}

// TestReusableTokens checks that a token is not revoked by its exchange, but by
// a logout.
func TestReusableTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		tokens := modeltest.RefreshTokens(t, db, refreshtoken.Config{Reusable: true})
		old := modeltest.Outstanding("old")
		if err := tokens.Issue(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		for _, successor := range []string{"one", "two"} {
			out, err := tokens.Rotate(t.Context(), refreshtoken.Rotation{Token: old, Successor: modeltest.Outstanding(successor), Now: time.Now()})
			if out.Result != refreshtoken.Rotated || err != nil {
				t.Errorf("%s: %+v, %v", successor, out, err)
			}
		}
		if o, b := countTokens(t, db); o != 3 || b != 0 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		if out, err := tokens.End(t.Context(), old, time.Now()); out.Result != refreshtoken.Rotated || err != nil {
			t.Errorf("end: %+v, %v", out, err)
		}
		if found, err := tokens.Contains(t.Context(), "old"); !found || err != nil {
			t.Errorf("after the logout: %v, %v", found, err)
		}
	})
}

// TestSuccessorsStayInTheFamily checks that no successor is recorded that
// states another family than the token belongs to, and would outlive it.
func TestSuccessorsStayInTheFamily(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		tokens := modeltest.RefreshTokens(t, db, refreshtoken.Config{Grace: time.Second})
		if err := tokens.Issue(t.Context(), modeltest.InFamily("mine", modeltest.Outstanding("old"))); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			name, presented, claims, successor string
			want                               refreshtoken.Result
		}{
			{"of another family", "old", "mine", "other", refreshtoken.Revoked},
			{"of a family that the token claims", "old", "other", "other", refreshtoken.Revoked},
			{"of no family", "old", "mine", "", refreshtoken.Revoked},
			{"of no family, of a token without one", "Django's", "", "", refreshtoken.Revoked},
			{"of a family that does not exist", "Django's", "gone", "gone", refreshtoken.Revoked},
			{"of the token's family", "old", "mine", "mine", refreshtoken.Rotated},
			{"of a new family, of a token without one", "Django's", "", "new", refreshtoken.Rotated},
		} {
			token, successor := modeltest.Outstanding(row.presented), modeltest.Outstanding("after "+row.presented)
			token.Family = row.claims
			out, err := tokens.Rotate(t.Context(), refreshtoken.Rotation{
				Token: token, Successor: modeltest.InFamily(row.successor, successor), Now: time.Now(),
			})
			if out.Result != row.want || err != nil {
				t.Errorf("%s: %+v, %v", row.name, out, err)
			}
			recorded := row.want == refreshtoken.Rotated
			if found, err := tokens.Contains(t.Context(), row.presented); found != recorded || err != nil {
				t.Errorf("%s: revoked %v, %v", row.name, found, err)
			}
		}
		if name := tokens.FamilyFor(""); name == "" || name == tokens.FamilyFor("") || tokens.FamilyFor("mine") != "mine" {
			t.Errorf("families %q and %q", name, tokens.FamilyFor("mine"))
		}
	})
}
