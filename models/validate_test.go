package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// objections returns the codes, separated by commas.
func objections(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*password.Error](err)
	if !ok {
		t.Fatal(err)
	}
	var codes []string
	for _, o := range refusal.Objections {
		codes = append(codes, strings.TrimPrefix(o.Code, "password_"))
	}
	return strings.Join(codes, ",")
}

func TestValidatePassword(t *testing.T) {
	t.Parallel()
	alice := &models.User{Username: "alice.liddell", FirstName: "Alice", LastName: "Pleasance Liddell", Email: "al@wonderland.example"}
	for _, c := range []struct {
		password string
		user     models.UserModel
		want     string
	}{
		{"correct horse", alice, ""},
		{"correct", alice, "too_short"},
		{"пароль№1", alice, ""}, // eight characters
		{"пароль1", alice, "too_short"},
		{"", alice, "too_short"},
		{"password", alice, "too_common"},
		{" PassWord\x1f", alice, "too_common"},
		{"12345678", alice, "too_common,entirely_numeric"},
		{"918273645546", alice, "entirely_numeric"},
		{"١٢٣٤٥٦٧٨٩٠", alice, "entirely_numeric"},
		{"①②③⁴⁵⁶₇₈₉", alice, "entirely_numeric"},
		{"½½½½½½½½½", alice, ""},
		{"LIDDELL.alice", alice, "too_similar"},
		{"alice liddell 9", alice, "too_similar"},
		{"wonderland1", alice, "too_similar"},
		{"pleasance?", alice, "too_similar"},
		{"ecila-llams", alice, ""},
		{"alice1", alice, "too_similar,too_short,too_common"},
		{"alice.liddell", nil, ""},
		{"alice.liddell", (*models.User)(nil), ""},
		{"alice.liddell", ginauth.AnonymousUser{}, ""},
		{"alice.liddell", &modeltest.Account{Email: "alice.liddell@example.com"}, "too_similar"},
		{strings.Repeat("x", 4096) + "alice.liddell", alice, ""},
	} {
		err := password.DefaultValidators().Validate(t.Context(), c.password, models.PasswordOwner(c.user))
		if got := objections(t, err); got != c.want {
			t.Errorf("%.40q of %T: %q, want %q", c.password, c.user, got, c.want)
		}
	}
}

func TestPasswordValidatorsOptions(t *testing.T) {
	t.Parallel()
	user := &models.User{Username: "alice", LastName: "wonder", Email: "alice@example.com"}
	for _, c := range []struct {
		validator password.Validator
		password  string
		want      string
	}{
		{password.MinimumLength{Length: 1}, "", "This password is too short. It must contain at least 1 character."},
		{password.MinimumLength{Length: 12}, "elevenchars", "This password is too short. It must contain at least 12 characters."},
		{password.MinimumLength{Length: 11}, "elevenchars", ""},
		{password.CommonPassword{List: map[string]bool{"ginauth": true}}, " GinAuth", "This password is too common."},
		{password.CommonPassword{List: map[string]bool{"ginauth": true}}, "password", ""},
		{password.UserAttributeSimilarity{Attributes: []string{"last_name"}}, "alice", ""},
		{password.UserAttributeSimilarity{Attributes: []string{"last_name"}}, "wonders", "The password is too similar to the last name."},
		{password.UserAttributeSimilarity{Attributes: []string{"email"}}, "example.com", "The password is too similar to the email address."},
		{password.UserAttributeSimilarity{Attributes: []string{"id", "nothing", "password"}}, "alice", ""},
		{password.UserAttributeSimilarity{MaxSimilarity: 1}, "alice1", ""},
		{password.UserAttributeSimilarity{MaxSimilarity: 1}, "ecila", "The password is too similar to the username."},
	} {
		got := ""
		if err := c.validator.Validate(t.Context(), c.password, models.PasswordOwner(user)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v, %q: %q, want %q", c.validator, c.password, got, c.want)
		}
	}
	err := password.Validators{password.UserAttributeSimilarity{MaxSimilarity: 0.05}}.Validate(t.Context(), "x", models.PasswordOwner(user))
	if _, refused := errors.AsType[*password.Error](err); err == nil || refused {
		t.Errorf("a similarity below 0.1: %v", err)
	}
}

// outage is a validator that asks a service that does not answer.
type outage struct{}

func (outage) HelpText() string { return "" }

func (outage) Validate(context.Context, string, password.Owner) error {
	return errors.New("no answer")
}

func TestAFailedValidatorIsNoObjection(t *testing.T) {
	t.Parallel()
	err := password.Validators{password.MinimumLength{}, outage{}}.Validate(t.Context(), "x", nil)
	if _, refused := errors.AsType[*password.Error](err); err == nil || refused {
		t.Errorf("%v", err)
	}
}

func TestValidatorsAreASetting(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		users := modeltest.Migrated(t, dbtest.Open(t, url))
		if got := objections(t, users.ValidatePassword(t.Context(), "12345", nil)); got != "too_short,too_common,entirely_numeric" {
			t.Errorf("by default: %s", got)
		}
		db := dbtest.Open(t, url)
		if err := db.Use(models.Passwords{Validators: password.Validators{nil}}); err == nil {
			t.Error("a nil validator was accepted")
		}
		settings := people.Passwords
		settings.Validators = password.Validators{password.NumericPassword{}}
		if err := errors.Join(db.Use(settings), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		users = modeltest.UsersOf(t, db)
		if got := objections(t, users.ValidatePassword(t.Context(), "12345", nil)); got != "entirely_numeric" {
			t.Errorf("with a setting: %s", got)
		}
		alice := modeltest.Create(t, db, "alice", "1") // does not ask, as in Django
		if err := users.SetPassword(t.Context(), alice, "2"); err != nil {
			t.Error(err)
		}
	})
}

// guess is one question to Django.
type guess struct {
	Password  string `json:"password"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
}

// guesses returns passwords composed of pieces that the validators care about.
func guesses() (list []guess) {
	pieces := []string{
		"alice", "Liddell", "o'brien", "al@wonder.land", "@", ".", "_", "-", " ", "12345678", "٣", "²", "½", "password", "QWERTY",
		"zażółć", "日本", "\u0301", "ß", "x", "ſ", "\x1c", "\u00a0", "dragon", "0",
	}
	random := rand.New(rand.NewPCG(1, 2))
	text := func(most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	for range 4000 {
		g := guess{Username: text(3), FirstName: text(2), LastName: text(2), Email: text(4)}
		g.Password = text(3)
		if random.IntN(3) == 0 {
			g.Password = []string{g.Username, g.FirstName, g.LastName, g.Email}[random.IntN(4)] + text(1)
		}
		list = append(list, g)
	}
	return list
}

// TestPasswordValidatorsAreDjangos compares the results with those of real
// Django.
func TestPasswordValidatorsAreDjangos(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	questions := guesses()
	input, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	output := djangotest.Run(t, string(input), "testdata/validate_django.py")
	var django struct {
		Help    []string
		Answers [][][2]string
	}
	if err := json.Unmarshal([]byte(output), &django); err != nil {
		t.Fatal(err)
	}
	validators := password.DefaultValidators()
	if diff := gocmp.Diff(django.Help, validators.HelpTexts()); diff != "" {
		t.Error(diff)
	}
	refused := 0
	for i, g := range questions {
		user := &models.User{Username: g.Username, FirstName: g.FirstName, LastName: g.LastName, Email: g.Email}
		var got [][2]string
		err := validators.Validate(t.Context(), g.Password, models.PasswordOwner(user))
		if refusal, ok := errors.AsType[*password.Error](err); ok {
			for _, o := range refusal.Objections {
				got = append(got, [2]string{o.Message, o.Code})
			}
			refused++
		}
		if !slices.Equal(django.Answers[i], got) {
			t.Errorf("%+q: %q, Django says %q", g, got, django.Answers[i])
		}
	}
	if refused < 500 || refused > 3900 {
		t.Errorf("%d of %d are refused: the comparison says little", refused, len(questions))
	}
}
