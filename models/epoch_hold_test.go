package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// TestNothingIsMadeOfAnEndedEpoch checks that no credential is created for a
// user loaded before the epoch ended.
func TestNothingIsMadeOfAnEndedEpoch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		list := modeltest.RefreshTokens(t, db)
		reusable := modeltest.RefreshTokens(t, db, refreshtoken.Config{Reusable: true})
		logins := modeltest.RefreshTokens(t, db, refreshtoken.Config{UpdateLastLogin: true})
		unrecorded := modeltest.RefreshTokens(t, db, refreshtoken.Config{Unrecorded: true})
		lineages := modeltest.RefreshTokens(t, db, refreshtoken.Config{Grace: time.Second})
		for name, end := range modeltest.Endings(users) {
			before := modeltest.Lookup(t, users, "alice")
			present := modeltest.EpochOf(t, users, before)
			token := func(id string, e epoch.Epoch) refreshtoken.Token {
				made := modeltest.Outstanding(name + id)
				made.User, made.Epoch = before, e
				return made
			}
			making := func(e epoch.Epoch) map[string]error {
				rotate := func(tokens *refreshtoken.Store, old string, successor refreshtoken.Token) error {
					_, err := tokens.Rotate(t.Context(), refreshtoken.Rotation{
						Token: modeltest.Outstanding(name + old), Successor: successor, Now: time.Now(),
					})
					return err
				}
				return map[string]error{
					"InEpoch":            userkit.Of(users).InEpoch(t.Context(), before, e),
					"issue":              list.Issue(t.Context(), token("issued", e)),
					"issue at a login":   logins.Issue(t.Context(), token("logged in", e)),
					"issue in a family":  lineages.Issue(t.Context(), modeltest.InFamily(name, token("begun", e))),
					"issue unrecorded":   unrecorded.Issue(t.Context(), token("unrecorded", e)),
					"rotate":             rotate(list, "old", token("rotated", e)),
					"rotate in a family": rotate(lineages, "of Django's", modeltest.InFamily(name+"joined", token("next", e))),
					"rotate reusable":    rotate(reusable, "reusable", token("reused", e)),
					"rotate unrecorded":  rotate(unrecorded, "unrecorded", token("next unrecorded", e)),
				}
			}
			if err := end(t, modeltest.Lookup(t, users, "alice")); err != nil {
				t.Fatal(err)
			}
			for what, err := range making(present) {
				if !errors.Is(err, models.ErrCredentialsRevoked) {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
			for _, old := range []string{"old", "of Django's"} {
				if found, err := list.Contains(t.Context(), name+old); found || err != nil {
					t.Errorf("%s: the token %s was revoked, %v", name, old, err)
				}
			}
			if live, err := lineages.Live(t.Context(), name); live || err != nil {
				t.Errorf("%s: the family was begun, %v", name, err)
			}
			for what, err := range making(modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "alice"))) {
				if err != nil {
					t.Errorf("%s, %s, in the new epoch: %v", name, what, err)
				}
			}
			if live, err := lineages.Live(t.Context(), name); !live || err != nil {
				t.Errorf("%s: the family: %v", name, err)
			}
		}
	})
}

func TestInEpochWithoutEpochs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		dbtest.Fixture(t, db)
		users := modeltest.UsersOf(t, db)
		if there, err := userkit.Of(users).EpochsExist(t.Context()); there || err != nil {
			t.Error(there, err)
		}
		if err := userkit.Of(users).InEpoch(t.Context(), modeltest.Lookup(t, users, "alice"), 0); err != nil {
			t.Error(err)
		}
	})
}

// TestInEpochOnAConnection checks that InEpoch waits for a revocation in
// progress on a connection of the caller's too, where no transaction has begun.
func TestInEpochOnAConnection(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		alice := modeltest.Lookup(t, users, "alice")
		present := modeltest.EpochOf(t, users, alice)
		revoked, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- sqlkit.Transaction(t.Context(), db, func(tx *gorm.DB) error {
				err := errors.Join(
					sqlkit.Lock(t.Context(), tx, fmt.Sprintf("ginauth_epoch %v", users.Key(alice)), false),
					tx.Exec("INSERT INTO ginauth_epoch (user_id, epoch) VALUES (?, ?)", users.Key(alice), time.Now().UnixMicro()).Error,
				)
				close(revoked)
				time.Sleep(100 * time.Millisecond)
				return err
			})
		}()
		<-revoked
		err := db.Connection(func(conn *gorm.DB) error {
			return userkit.Of(modeltest.UsersOf(t, conn)).InEpoch(t.Context(), alice, present)
		})
		if !errors.Is(err, models.ErrCredentialsRevoked) {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestFindInFamily checks that a user is loaded, and with it whether a family
// is live.
func TestFindInFamily(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		lineages := modeltest.RefreshTokens(t, db, refreshtoken.Config{Grace: time.Second})
		alice := modeltest.Lookup(t, users, "alice")
		if there, err := lineages.Exists(t.Context()); !there || err != nil {
			t.Error(there, err)
		}
		for _, name := range []string{"live", "ended"} {
			token := modeltest.Outstanding(name)
			token.User = alice
			if err := lineages.Issue(t.Context(), modeltest.InFamily(name, token)); err != nil {
				t.Fatal(err)
			}
		}
		out, err := lineages.End(t.Context(), modeltest.Outstanding("ended"), time.Now())
		if out != (refreshtoken.Outcome{Result: refreshtoken.Rotated, Family: "ended"}) || err != nil {
			t.Errorf("%+v, %v", out, err)
		}
		for _, column := range []string{"id", "username"} {
			byColumn, err := userkit.Of(users).LookupBy(column)
			if err != nil {
				t.Fatal(err)
			}
			value := map[string]string{"id": "1", "username": "alice"}[column]
			for name, want := range map[string]bool{"live": true, "ended": false, "none": false, "": false, "a\x00": false, "\xff": false} {
				user, live, err := byColumn.FindInFamily(t.Context(), value, name)
				if err != nil || live != want || users.Key(user) == nil || users.Username(user) != "alice" {
					t.Errorf("by %s, %q: %v %v %v", column, name, user, live, err)
				}
				if live, err := lineages.Live(t.Context(), name); live != want || err != nil {
					t.Errorf("%q: %v %v", name, live, err)
				}
			}
			for _, nobody := range []string{"2", "x", ""} {
				if _, live, err := byColumn.FindInFamily(t.Context(), nobody, "live"); live || !errors.Is(err, models.ErrNotFound) {
					t.Errorf("by %s, %q: %v %v", column, nobody, live, err)
				}
			}
		}
	})
}

// TestTransactionsInATransaction ends credentials in a transaction of the
// users', which either all take effect or none.
func TestTransactionsInATransaction(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users := modeltest.Migrated(t, db)
		alice, bob := modeltest.Create(t, db, "alice", "pw"), modeltest.Create(t, db, "bob", "pw")
		both := func(end error) error {
			return users.Transaction(t.Context(), func(tx *models.Users) error {
				return errors.Join(tx.RevokeAll(t.Context(), alice), tx.SetPassword(t.Context(), bob, "another"), end)
			})
		}
		epochs := func() [2]epoch.Epoch {
			return [2]epoch.Epoch{modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "alice")), modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "bob"))}
		}
		undone := errors.New("undone")
		if err := both(undone); !errors.Is(err, undone) || epochs() != [2]epoch.Epoch{} {
			t.Errorf("undone: %v, epochs %d", err, epochs())
		}
		if err := both(nil); err != nil || epochs()[0] == 0 || epochs()[1] == 0 {
			t.Errorf("done: %v, epochs %d", err, epochs())
		}
	})
}
