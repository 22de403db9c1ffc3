package drf_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestStack checks what a declaration means: the last release of a package
// before a difference, and the first one after it.
func TestStack(t *testing.T) {
	for _, row := range []struct {
		stack      drf.Stack
		difference *stack.Difference
		has        bool
	}{
		{drf.Stack{}, stack.TextUserID, true},
		{drf.Stack{}, stack.CSRFReasons, true},
		{drf.Stack{SimpleJWT: "5.5"}, stack.TextUserID, false},
		{drf.Stack{SimpleJWT: "5.5.0"}, stack.TextUserID, false},
		{drf.Stack{SimpleJWT: "5.5.1"}, stack.TextUserID, true},
		{drf.Stack{SimpleJWT: "5.4.9"}, stack.ExpiredText, false},
		{drf.Stack{SimpleJWT: "5.5"}, stack.ExpiredText, true},
		{drf.Stack{Django: "3.2.25"}, stack.OriginHeader, false},
		{drf.Stack{Django: "4.0"}, stack.OriginHeader, true},
		{drf.Stack{Django: "6.1.99"}, stack.OriginHeader, true},
		{drf.Stack{Django: "3.2"}, stack.TextUserID, true}, // of another package
		{drf.Stack{DRF: "3.14.0"}, stack.ShownReasons, false},
		{drf.Stack{APIKey: "2.3"}, stack.KeyScheme, false},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if err := db.Use(row.stack); err != nil {
			t.Errorf("%+v: %v", row.stack, err)
		}
		if got := stack.Of(db).Has(row.difference); got != row.has {
			t.Errorf("%+v, %s: %v, want %v", row.stack, row.difference.What, got, row.has)
		}
	}
}

// TestStackDeclares distinguishes a declared release from an assumed one.
func TestStackDeclares(t *testing.T) {
	for _, row := range []struct {
		stack drf.Stack
		want  [2]bool // Django, DRF
	}{
		{drf.Stack{}, [2]bool{false, false}},
		{drf.Stack{Django: "5.2"}, [2]bool{true, false}},
		{drf.Stack{DRF: "3.18"}, [2]bool{false, true}},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if err := db.Use(row.stack); err != nil {
			t.Fatal(err)
		}
		releases := stack.Of(db)
		if got := [2]bool{releases.Declares(stack.Django), releases.Declares(stack.DRF)}; got != row.want {
			t.Errorf("%+v: %v, want %v", row.stack, got, row.want)
		}
	}
	if stack.Of(dbtest.Open(t, dbtest.SQLite(t))).Declares(stack.Django) {
		t.Error("a Django is declared without a declaration")
	}
}

func TestIterations(t *testing.T) {
	for django, want := range map[string]int{"3.2": 260_000, "4.1.13": 390_000, "4.2": 600_000, "5.2.18": 1_000_000, "6.1": 1_500_000, "": 1_000_000} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if err := db.Use(drf.Stack{Django: django}); err != nil {
			t.Fatal(err)
		}
		if got := stack.Of(db).Iterations(); got != want {
			t.Errorf("Django %q: %d iterations, want %d", django, got, want)
		}
	}
}

// TestStackRefuses checks declarations that cannot be meant.
func TestStackRefuses(t *testing.T) {
	for _, row := range []struct {
		stack drf.Stack
		want  string
	}{
		{drf.Stack{Django: "5"}, `Django: "5" is not a release such as 5.2 or 5.5.1`},
		{drf.Stack{Django: "5.2.1.1"}, "is not a release"},
		{drf.Stack{Django: "5.x"}, "is not a release"},
		{drf.Stack{Django: "-5.2"}, "is not a release"},
		{drf.Stack{Django: "v5.2"}, "is not a release"},
		{drf.Stack{Django: " 5.2"}, "is not a release"},
		{drf.Stack{Django: "2.2"}, "Django 2.2 is not among the releases 3.2 to 6.1"},
		{drf.Stack{Django: "6.2"}, "Django 6.2 is not among"},
		{drf.Stack{DRF: "3.13"}, "DRF 3.13 is not among"},
		{drf.Stack{SimpleJWT: "6.0"}, "simplejwt 6.0 is not among"},
		{drf.Stack{APIKey: "1.4"}, "api-key 1.4 is not among"},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if err := db.Use(row.stack); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: %v, want %q", row.stack, err, row.want)
		}
	}
}

// TestStackIsDeclaredOnceInTime checks a second declaration, and one after the
// first reader.
func TestStackIsDeclaredOnceInTime(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(drf.Stack{Django: "4.2"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Use(drf.Stack{Django: "5.2"}); err == nil {
		t.Error("two stacks were declared for one database")
	}
	late := dbtest.Open(t, dbtest.SQLite(t))
	stack.Of(late)
	if err := late.Use(drf.Stack{Django: "4.2"}); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("a stack after its first reader: %v", err)
	}
}
