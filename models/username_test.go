package models_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// usernames are names that a person might register.
var usernames = []string{
	"alice", "Alice", "a", "élodie", "e\u0301lodie", "ａｌｉｃｅ", "ﬁona", "Ⅷ", "²",
	"①", "½", "日本", "алиса", "a.b@c+d-e_f", "@", "-", "٣", "ª", "\u01c5",
	"", " ", "alice ", " alice", "al ice", "alice\n", "\nalice", "alice\t", "oidc:2482", "service:nightly", "a/b",
	"a\\b", "a'b", "a\"b", "<a>", "a,b", "a;b", "a%b",
	"a*b", "a|b", "a#b", "a$b", "a!b", "a~b", "a=b", "a(b)", "a\u00adb", "a\u200bb", "a\u200db", "\ufeffa",
	"\u202ealice", "a\u0301\u0301", "\u0301", "a\u0327\u0301",
	"a\x1b[2J", "a\x7f", "\u2028", "\u3000alice", "ａ：ｂ", "a﹕b", "😀", "\u00a0", "a·b", "‿", "x\u0300",
	strings.Repeat("x", 150), strings.Repeat("x", 151),
	strings.Repeat("é", 150), strings.Repeat("ﬃ", 51), strings.Repeat("e\u0301", 150),
}

// TestUsernames checks that names are accepted, refused and normalized as
// Django does.
func TestUsernames(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "django")
	input, err := json.Marshal(usernames)
	must(t, err)
	var verdicts [][2]any
	must(t, json.Unmarshal([]byte(djangotest.Run(t, string(input), "testdata/usernames_django.py")), &verdicts))
	for i, name := range usernames {
		normal, err := models.CleanUsername(name)
		if valid := err == nil; valid != verdicts[i][0] || normal != verdicts[i][1] || !valid && !errors.Is(err, models.ErrInvalidUsername) {
			t.Errorf("%.20q: %q, %v; Django: %v", name, normal, err, verdicts[i])
		}
	}
}

// TestNamesThatCannotBeRegistered covers above all the names of another party's
// users.
func TestNamesThatCannotBeRegistered(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		for _, name := range []string{"oidc:2482", "ｏｉｄｃ：2482", "oidc﹕2482", "two words", "a\x1b[2J", "a\u200bb", "\u0301",
			"a\x00b", "\xff", "", strings.Repeat("ﬃ", 51)} {
			user := &models.User{Username: name}
			if err := models.CreateUser(t.Context(), db, user, "pw"); !errors.Is(err, models.ErrInvalidUsername) || user.Username != name {
				t.Errorf("%.20q: %v", name, err)
			}
		}
		fiona := &models.User{Username: "ﬁona"}
		if err := models.CreateUser(t.Context(), db, fiona, "pw"); err != nil || fiona.Username != "fiona" {
			t.Errorf("%q, %v", fiona.Username, err)
		}
		for _, name := range []string{"oidc:2482", "ﬁona"} {
			must(t, models.CreateUserUnvalidated(t.Context(), db, &models.User{Username: name}, "pw"))
			modeltest.Lookup(t, users, name)
		}
		for _, name := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 151)} {
			if err := models.CreateUserUnvalidated(t.Context(), db, &models.User{Username: name}, "pw"); !errors.Is(err, models.ErrInvalidUsername) {
				t.Errorf("%.20q: %v", name, err)
			}
		}
	})
}
