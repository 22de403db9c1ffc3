package resettoken_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"hash"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/resettoken"
)

// world is what record.py has recorded of a Django with some settings.
type world struct {
	Name, Zone, Database string
	Timeout              int
	Keys                 models.SecretKeys
	Algorithms           []string
	Users                []recordedUser
	Made                 []struct {
		Model, PK, Generator, UID, Token string
		At                               float64
	}
	Checked []struct {
		Name, Text string
		At         float64
		Valid      bool
	}
}

type recordedUser struct {
	Model, PK string
	Password  models.Secret
	LastLogin *int64 `json:"last_login"`
	Email     *string
	Active    bool
}

// account is a user model whose key is a UUID, and whose address is not in the
// column email and may be NULL.
type account struct {
	ID uuid.UUID `gorm:"type:uuid;primaryKey"`
	models.AbstractBaseUser
	Contact  *string
	Email    string `gorm:"unique"`
	IsActive bool
}

func (a *account) Active() bool { return a.IsActive }

// label is a user model whose key is a text, and which has no address.
type label struct {
	Name string `gorm:"primaryKey"`
	models.AbstractBaseUser
	IsActive bool
}

func (l *label) Active() bool { return l.IsActive }

// user returns the user of a row.
func (r recordedUser) user(t *testing.T) models.UserModel {
	t.Helper()
	base := models.AbstractBaseUser{Password: r.Password}
	if r.LastLogin != nil {
		at := time.UnixMicro(*r.LastLogin).In(time.FixedZone("of the driver", 3600))
		base.LastLogin = &at
	}
	switch r.Model {
	case "User":
		var id int64
		if err := json.Unmarshal([]byte(r.PK), &id); err != nil {
			t.Fatal(err)
		}
		return &models.User{ID: id, Password: base.Password, LastLogin: base.LastLogin, Email: *r.Email, IsActive: r.Active}
	case "Account":
		return &account{ID: uuid.MustParse(r.PK), AbstractBaseUser: base, Contact: r.Email, Email: "never@example.com", IsActive: r.Active}
	}
	return &label{Name: r.PK, AbstractBaseUser: base, IsActive: r.Active}
}

// database returns a database with the user model, whose tables nothing needs.
func (w world) database(t *testing.T, model string) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, ":memory:")
	err := db.Use(w.Keys)
	switch model {
	case "Account":
		err = errors.Join(err, db.Use(models.AuthUserModel[account]{UsernameField: "email"}))
	case "Label":
		err = errors.Join(err, db.Use(models.AuthUserModel[label]{UsernameField: "name"}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// config returns the config that corresponds to Django's settings.
func (w world) config(t *testing.T, model string) resettoken.Config {
	t.Helper()
	zone, err := time.LoadLocation(w.Zone)
	database, err2 := time.LoadLocation(w.Database)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	c := resettoken.Config{TimeZone: zone, DatabaseTimeZone: database, Timeout: time.Duration(w.Timeout) * time.Second}
	for _, name := range w.Algorithms {
		c.Algorithms = append(c.Algorithms, map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}[name])
	}
	if model == "Account" {
		c.EmailField = "contact"
	}
	return c
}

// as adds what a class of record.py changes in its base.
func as(class string, c resettoken.Config) resettoken.Config {
	pythonBool := func(user models.UserModel) string {
		if user.Active() {
			return "True"
		}
		return "False"
	}
	switch class {
	case "activation":
		c.Value = func(_ context.Context, user models.UserModel, _ string, timestamp int64) (string, error) {
			var key string
			switch u := user.(type) {
			case *models.User:
				key = u.Subject()
			case *account:
				key = u.ID.String()
			case *label:
				key = u.Name
			}
			at, err := json.Marshal(timestamp)
			return key + string(at) + pythonBool(user), err
		}
	case "verification":
		c.KeySalt = "shop.tokens.Verification"
		c.Value = func(_ context.Context, user models.UserModel, base string, _ int64) (string, error) {
			return base + pythonBool(user), nil
		}
	case "sha512":
		c.Algorithms = []func() hash.Hash{sha512.New}
	case "allauth": // EmailAwarePasswordResetTokenGenerator: the sorted addresses
		c.Value = func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) {
			return base + strings.Join([]string{"Alice@example.org", "alice@example.com", "zoe@example.com"}, "|"), nil
		}
	}
	return c
}

func instant(seconds float64) time.Time {
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9))
}

// forWorlds runs f for everything that has been recorded.
func forWorlds(t *testing.T, f func(t *testing.T, w world)) {
	t.Helper()
	files, err := filepath.Glob("testdata/django-*.json")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		var worlds []world
		if err := errors.Join(err, json.Unmarshal(text, &worlds)); err != nil {
			t.Fatal(file, err)
		}
		for _, w := range worlds {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+" "+w.Name, func(t *testing.T) { f(t, w) })
		}
	}
}

func generatorOf(t *testing.T, db *gorm.DB, c ...resettoken.Config) *resettoken.Generator {
	t.Helper()
	g, err := resettoken.Of(db, c...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestTokensAreDjangos checks that tokens and keys in links are what Django
// makes, for users of several models, in several time zones, of subclasses.
func TestTokensAreDjangos(t *testing.T) {
	t.Parallel()
	forWorlds(t, func(t *testing.T, w world) {
		for _, row := range w.Users {
			db, user, made := w.database(t, row.Model), row.user(t), 0
			for _, want := range w.Made {
				if want.Model != row.Model || want.PK != row.PK {
					continue
				}
				made++
				g := generatorOf(t, db, as(want.Generator, w.config(t, row.Model))).At(instant(want.At))
				token, err := g.MakeToken(t.Context(), user)
				if string(token) != want.Token || g.UID(user) != want.UID || err != nil {
					t.Errorf("%s %s, %s: got %s for %s (%v), Django makes %s for %s",
						want.Model, want.PK, want.Generator, string(token), g.UID(user), err, want.Token, want.UID)
				}
				if err := g.CheckToken(t.Context(), user, want.Token); err != nil {
					t.Errorf("%s %s, %s: Django's token is refused: %v", want.Model, want.PK, want.Generator, err)
				}
			}
			if made < 2 {
				t.Errorf("%s %s has %d tokens", row.Model, row.PK, made)
			}
		}
	})
}

// TestVerdictsAreDjangos checks that tokens are accepted or refused as Django
// does: malformed, expired, from the future, of other keys.
func TestVerdictsAreDjangos(t *testing.T) {
	t.Parallel()
	forWorlds(t, func(t *testing.T, w world) {
		g, alice := generatorOf(t, w.database(t, "User"), w.config(t, "User")), w.Users[0].user(t)
		if w.Users[0].PK != "1" || (w.Zone == "UTC") != (len(w.Checked) > 30) {
			t.Fatalf("%s: %d verdicts on tokens of user %s", w.Name, len(w.Checked), w.Users[0].PK)
		}
		for _, c := range w.Checked {
			err := g.At(instant(c.At)).CheckToken(t.Context(), alice, c.Text)
			if err != nil && !errors.Is(err, resettoken.ErrInvalid) {
				t.Errorf("%s: %v", c.Name, err)
			}
			if valid := err == nil; valid != c.Valid {
				t.Errorf("%s: valid is %v, in Django %v", c.Name, valid, c.Valid)
			}
		}
	})
}
