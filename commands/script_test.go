package commands_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/rogpeppe/go-internal/testscript"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/commands"
	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/rates"
)

// TestMain provides the programs that the scripts run.
func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	testscript.Main(m, map[string]func(){
		"ginauth":   program(commands.App{DatabaseFromURL: open}),
		"notes":     program(commands.App{Name: "notes", Database: openNotes, Routes: notes, Serve: serve}),
		"limited":   program(commands.App{Name: "limited", Database: openNotes, Routes: limited}),
		"careless":  program(commands.App{Name: "careless", Database: openNotes, Routes: careless}),
		"broken":    program(commands.App{Name: "broken", Database: unavailable, Routes: brokenRoutes, Serve: brokenServe}),
		"accounts":  program(commands.App{Name: "accounts", Database: openAccounts}),
		"sessions":  program(commands.App{Name: "sessions", Database: openSessions}),
		"hasty":     program(commands.App{Name: "hasty", Database: openSessions, Routes: hasty}),
		"two-words": program(commands.App{Name: "two words; rm", Database: openNotes}),
		"login":     logIn,
		"guess":     guess,
		"audited":   audited,
		"counted":   program(commands.App{Name: "counted", Database: openCounted}),
		"unlimited": program(commands.App{Name: "unlimited", Database: func() (*gorm.DB, error) {
			return openWith(logins.Limits{InsecureUnlimited: true})
		}}),

		"by-address": program(commands.App{Name: "by-address", Database: func() (*gorm.DB, error) {
			db, err := openNotes()
			if err == nil {
				err = db.Use(models.LoginFields{"username", "email"})
			}
			return db, err
		}}),

		"begin-session":    beginSession,
		"sync-permissions": syncPermissions,
	})
}

func program(app commands.App) func() {
	return func() { os.Exit(commands.Main(context.Background(), os.Args[1:], app)) }
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(ts *testscript.TestScript, neg bool, args []string){"exit": exit, "firstkey": firstKey},
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATABASE_URL", "notes.db")
			// Otherwise the race detector makes every program linger for a
			// second.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("TRICK", "bob\x1b[2J\t")
			return nil
		},
	})
}

// exit runs a program that should end with an exit code: exit CODE PROGRAM
// ARG...
func exit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit code program args...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		status, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = status.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// firstKey stores the prefix on the first line of the list printed last in
// PREFIX.
func firstKey(ts *testscript.TestScript, _ bool, _ []string) {
	lines := strings.Split(ts.ReadFile("stdout"), "\n")
	if len(lines) < 3 {
		ts.Fatalf("no list of API keys: %q", lines)
	}
	prefix, _, _ := strings.Cut(lines[1], " ")
	ts.Setenv("PREFIX", prefix)
}

// open opens a database whose passwords are hashed instantly.
func open(url string) (*gorm.DB, error) {
	db, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	return db, db.Use(models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1}}})
}

func openNotes() (*gorm.DB, error) {
	db, err := open("notes.db")
	if err != nil {
		return nil, err
	}
	return db, db.Use(models.Scopes{"notes:read": {}, "notes:write": {"core.add_note"}})
}

// openWith opens notes.db with limits of failed logins.
func openWith(limits logins.Limits) (*gorm.DB, error) {
	db, err := openNotes()
	if err != nil {
		return nil, err
	}
	return db, db.Use(limits)
}

// openCounted opens notes.db, in which failed logins are counted by the /24 and
// the /48.
func openCounted() (*gorm.DB, error) {
	db, err := openNotes()
	if err != nil {
		return nil, err
	}
	return openWith(logins.Limits{Store: logins.NewDatabaseStore(db), IPv4Prefix: 24, IPv6Prefix: 48})
}

// guess tries a name and a password from an address, a number of times, at an
// application that counts in notes.db.
func guess() {
	db, err := openCounted()
	if err == nil {
		engine := gin.New()
		ginauth.New(engine, ginauth.AuthenticationClasses(policies.Basic(db)))
		engine.GET("/", ok)
		times := 0
		_, err = fmt.Sscan(os.Args[4], &times)
		for range times {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = net.JoinHostPort(os.Args[3], "1234")
			r.SetBasicAuth(os.Args[1], os.Args[2])
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, r)
			fmt.Println(w.Code)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// audited writes into the audit trail that a user has logged in, a number of
// days ago.
func audited() {
	db, err := openNotes()
	if err == nil {
		days := 0
		if len(os.Args) > 2 {
			_, err = fmt.Sscan(os.Args[2], &days)
		}
		trail := audit.New(db)
		trail.Observe(context.Background(), ginauth.Event{
			Kind: ginauth.LoginSucceeded, Time: time.Now().AddDate(0, 0, -days), Subject: os.Args[1],
			Client: netip.MustParseAddr("203.0.113.7"), Method: "POST", Route: "/login",
		})
		err = errors.Join(err, trail.Close(context.Background()))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// notes returns an application without findings.
// limited throttles by counts of this process, and by counts that it shares.
func limited() (*ginauth.Auth, error) {
	engine := gin.New()
	shared := policies.RateConfig{Store: fullLog{"3/min:addr:203.0.113.7"}}
	auth := ginauth.New(engine, ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.AnonRate("9/min"), policies.AnonRate("3/min", shared)))
	engine.GET("/health", ok)
	return auth, nil
}

// fullLog is a store whose log of one key is full.
type fullLog struct{ suffix string }

func (fullLog) Take(context.Context, rates.Key, rates.Rate) (rates.Tally, error) {
	return rates.Tally{}, errors.New("taken")
}

func (f fullLog) Peek(_ context.Context, key rates.Key, rate rates.Rate) (t rates.Tally, known bool, err error) {
	if !strings.HasSuffix(key.String(), f.suffix) {
		return rates.Tally{Admitted: true}, true, nil
	}
	return rates.Tally{Stored: rate.Limit, Oldest: 48 * time.Second, Wait: 12 * time.Second}, true, nil
}

func notes() (*ginauth.Auth, error) {
	db, err := openNotes()
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db)))
	auth.With(engine, ginauth.PermissionClasses(policies.AllowAny)).GET("/health", ok)
	engine.GET("/notes/:id", ok)
	return auth, nil
}

// careless returns an application with two findings: a route registered too
// early, and an annotation that applies to no route.
func careless() (*ginauth.Auth, error) {
	engine := gin.New()
	early := engine.Group("/early")
	auth := ginauth.New(engine)
	early.GET("/<x>", ok)
	auth.Route("GET", "/typo", ginauth.NoThrottles())
	return auth, nil
}

// hasty returns an application with the settings of development.
func hasty() (*ginauth.Auth, error) {
	db, err := openSessions()
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Session(db, policies.SessionConfig{InsecureCookie: true})))
	limited := auth.With(engine, ginauth.ThrottleClasses(policies.UserRate("5/min", policies.RateConfig{Address: remoteAddress})))
	limited.GET("/", ok)
	open := auth.With(engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(ginauth.Public("asked by the load balancer")))
	open.GET("/health", ok)
	silent := auth.With(engine, ginauth.PermissionClasses(policies.AllowAny))
	silent.GET("/news", ok)
	silent.GET("/news/:id", ok)
	return auth, nil
}

func remoteAddress(c *gin.Context) string { return c.Request.RemoteAddr }

func ok(*gin.Context) {}

func serve(context.Context) error {
	fmt.Println("serving")
	return nil
}

func unavailable() (*gorm.DB, error) { return nil, errors.New("no\n\tdatabase") }

func brokenRoutes() (*ginauth.Auth, error) { return nil, errors.New("no routes") }

func brokenServe(context.Context) error { return errors.New("the port is taken") }

// Account is an application's own user model.
type Account struct {
	ID    string `gorm:"primaryKey"`
	Email string `gorm:"unique"`
	models.AbstractBaseUser
}

func (*Account) Active() bool { return true }

// openAccounts opens a database with one Account, eve@example.com.
func openAccounts() (*gorm.DB, error) {
	db, err := open("accounts.db")
	if err != nil {
		return nil, err
	}
	err = db.Use(models.AuthUserModel[Account]{UsernameField: "email"})
	if err == nil {
		err = db.AutoMigrate(&Account{})
	}
	if err == nil {
		err = db.FirstOrCreate(&Account{ID: "e1", Email: "eve@example.com"}).Error
	}
	return db, err
}

// openSessions opens a database whose secret key is known.
func openSessions() (*gorm.DB, error) {
	db, err := open("sessions.db")
	if err != nil {
		return nil, err
	}
	return db, db.Use(models.SecretKeys{"a key of more than 16 bytes"})
}

// beginSession creates a session for a user of sessions.db.
func beginSession() {
	ctx := context.Background()
	db, err := openSessions()
	if err == nil {
		var sessions *session.Store
		if sessions, err = session.Of(db, session.Config{}); err == nil {
			var user models.UserModel
			if user, err = sessions.Users().ByUsername(ctx, os.Args[1]); err == nil {
				_, err = sessions.Login(ctx, "", user)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Note is a model of the application's.
type Note struct{ ID int64 }

// ModelLabel returns Django's name of the model.
func (Note) ModelLabel() string { return "core.note" }

// syncPermissions creates the permissions of the application's models in
// notes.db.
func syncPermissions() {
	db, err := openNotes()
	if err == nil {
		err = models.SyncPermissions(context.Background(), db, &Note{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// logIn fails unless a name and a password can log in to notes.db, or to
// accounts.db if that exists.
func logIn() {
	db, err := openNotes()
	if _, missing := os.Stat("accounts.db"); missing == nil {
		db, err = openAccounts()
	}
	if err == nil {
		var users *models.Users
		if users, err = models.UsersOf(db); err == nil {
			_, err = login.AuthenticateUnlimited(context.Background(), users, login.Credentials{Username: os.Args[1], Password: models.Secret(os.Args[2])})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
