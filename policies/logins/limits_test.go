package logins_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/utils/tests"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/logins"
)

func TestLimitsThatCannotWork(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for want, l := range map[string]logins.Limits{
		"must be positive":                    {Curve: logins.Curve{Free: -1}},
		"Free and Burst must be positive":     {Curve: logins.Curve{NetworkBurst: -1}},
		"from a millisecond to ten years":     {Curve: logins.Curve{FirstWait: -time.Second}},
		"times of a Curve":                    {Curve: logins.Curve{AccountEvery: time.Microsecond}},
		"must not be longer than LongestWait": {Curve: logins.Curve{FirstWait: time.Hour}},
		"LongestTurn must not be shorter":     {Curve: logins.Curve{LongestTurn: time.Second}},
		"Forget must not be shorter":          {Curve: logins.Curve{Forget: time.Minute}},
		"must be less than ten years":         {Curve: logins.Curve{NetworkBurst: math.MaxInt}},
		"IPv4Prefix must be from":             {IPv4Prefix: 33},
		"IPv6Prefix from 1 to 128":            {IPv6Prefix: -1},
		"with InsecureUnlimited a Store":      {InsecureUnlimited: true, FailOpen: true},
		"InsecureUnlimited a Store, a Curve":  {InsecureUnlimited: true, Curve: logins.Curve{Free: 3}},
	} {
		if err := db.Use(l); err == nil || !strings.HasPrefix(err.Error(), "logins: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", l, err, want)
		}
	}
	if err := db.Use(logins.Limits{Curve: logins.Curve{Free: 1, LongestWait: time.Second}}); err != nil {
		t.Error(err)
	}
}

// TestAShortTurnIsAllowed checks a comparison that overflowed where an int has
// 32 bits.
func TestAShortTurnIsAllowed(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(logins.Limits{Curve: logins.Curve{AccountEvery: 2 * time.Millisecond}}); err != nil {
		t.Error(err)
	}
}

// TestLimitsThatComeTooLate checks that they are an error, instead of having no
// effect.
func TestLimitsThatComeTooLate(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	logins.Of(users)
	err = db.Session(&gorm.Session{}).Use(logins.Limits{InsecureUnlimited: true})
	if err == nil || !strings.Contains(err.Error(), "must be set before") {
		t.Error(err)
	}
}

func TestWrongWiringPanics(t *testing.T) {
	other, err := gorm.Open(tests.DummyDialector{})
	if err != nil {
		t.Fatal(err)
	}
	sqlite := dbtest.Open(t, dbtest.SQLite(t))
	for want, wire := range map[string]func(){
		"takes one config":           func() { logins.NewMemoryStore(logins.MemoryConfig{}, logins.MemoryConfig{}) },
		"must not be negative":       func() { logins.NewMemoryStore(logins.MemoryConfig{MaxKnown: -1}) },
		"nil database":               func() { logins.NewDatabaseStore(nil) },
		"must be postgres or sqlite": func() { logins.NewDatabaseStore(other) },
		"Connections must not be":    func() { logins.NewDatabaseStore(sqlite, logins.DatabaseConfig{Connections: -1}) },
		"NewDatabaseStore takes one": func() { logins.NewDatabaseStore(sqlite, logins.DatabaseConfig{}, logins.DatabaseConfig{}) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "logins: New") || !strings.Contains(message, want) {
					t.Errorf("%q, want %s", message, want)
				}
			}()
			wire()
		}()
	}
}
