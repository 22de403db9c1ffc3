package models_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// announcer hears what it is to send.
type announcer struct {
	heard []string
	at    func(ctx context.Context) error // when it is to send
}

func (a *announcer) Announce(ctx context.Context, message string) error {
	a.heard = append(a.heard, message)
	if a.at != nil {
		return a.at(ctx)
	}
	return nil
}

// listen returns what is announced on a PostgreSQL database, in its order.
func listen(t *testing.T, url string) <-chan string {
	t.Helper()
	channel, err := database.NewChannel(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	joined, heard, done := make(chan struct{}), make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		_ = channel.Listen(ctx, func() { close(joined) }, func(message string) { heard <- message })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	<-joined
	return heard
}

// expectHeard compares what is announced with names, and expects no more.
func expectHeard(t *testing.T, db *gorm.DB, heard <-chan string, what string, names ...string) {
	t.Helper()
	if err := db.Exec("SELECT pg_notify(?, 'end')", announcement.Channel).Error; err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for message := range heard {
		if message == "end" {
			break
		}
		got = append(got, message)
	}
	for _, name := range names {
		want = append(want, announcement.Of(name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: announced %q, want %q", what, got, want)
	}
}

// TestPostgresAnnounces checks that announcements are part of the transactions
// of the changes.
func TestPostgresAnnounces(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	db := dbtest.Open(t, url)
	users := modeltest.Migrated(t, db)
	alice := modeltest.Create(t, db, "alice", "pw")
	group := &models.Group{Name: "editors"}
	if err := errors.Join(db.Create(group).Error, models.SyncPermissions(t.Context(), db, &models.User{})); err != nil {
		t.Fatal(err)
	}
	heard, undone := listen(t, url), errors.New("undone")
	name := announcement.User("1")
	own := func(u *models.Users, f func(tx *models.Users) error) error { return u.Transaction(t.Context(), f) }
	callers := func(f func(tx *models.Users) error) error {
		return db.Transaction(func(tx *gorm.DB) error { return f(modeltest.UsersOf(t, tx)) })
	}
	revoke := func(tx *models.Users) error { return tx.RevokeAll(t.Context(), alice) }
	fail := func(tx *models.Users) error { return errors.Join(tx.RevokeAll(t.Context(), alice), undone) }
	for _, row := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"RevokeAll", func() error { return revoke(users) }, []string{name}},
		{"SetPassword", func() error { return users.SetPassword(t.Context(), alice, "new") }, []string{name}},
		{"SetActive(false)", func() error { return users.SetActive(t.Context(), alice, false) }, []string{name}},
		{"SetActive(true)", func() error { return users.SetActive(t.Context(), alice, true) }, nil},
		{"a transaction", func() error { return own(users, revoke) }, []string{name}},
		{"a transaction that is rolled back", func() error { return own(users, fail) }, nil},
		{"a caller's transaction", func() error { return callers(revoke) }, []string{name}},
		{"a caller's transaction that is rolled back", func() error { return callers(fail) }, nil},
		{"AssignPerm", func() error { return models.AssignPerm(t.Context(), db, "auth.view_user", alice, nil) }, []string{name}},
		{"RemovePerm, group", func() error { return models.RemovePerm(t.Context(), db, "auth.view_user", group, nil) }, []string{announcement.Everything}},
		{"RemovePerm that does not exist", func() error {
			if err := models.RemovePerm(t.Context(), db, "auth.no", alice, nil); !errors.Is(err, models.ErrNotFound) {
				return err
			}
			return nil
		}, nil},
		{"AddToGroup", func() error { return users.AddToGroup(t.Context(), alice, group) }, []string{name}},
		{"RemoveFromGroup", func() error { return users.RemoveFromGroup(t.Context(), alice, group) }, []string{name}},
		{"AnnounceChange", func() error { users.AnnounceChange(t.Context(), alice); return nil }, []string{name}},
		{"AnnounceChange of all", func() error { users.AnnounceChange(t.Context(), nil); return nil }, []string{announcement.Everything}},
		{"DeleteGroup", func() error { return users.DeleteGroup(t.Context(), group) }, []string{announcement.Everything}},
		{"Delete", func() error { return users.Delete(t.Context(), alice) }, []string{name}},
		{"a user who is not stored", func() error { _, err := users.ResetToken(t.Context(), &models.User{ID: 99}); return ignore(err) }, nil},
	} {
		if err := row.do(); err != nil && !errors.Is(err, undone) {
			t.Errorf("%s: %v", row.name, err)
		}
		expectHeard(t, db, heard, row.name, row.want...)
	}
}

func ignore(error) error { return nil }

// TestAnAnnouncementThatFails checks that what cannot be announced is revoked
// all the same, and that the failure is logged once.
func TestAnAnnouncementThatFails(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)

	for name, open := range map[string]func(t *testing.T) *gorm.DB{
		"NOTIFY": func(t *testing.T) *gorm.DB { // is hidden by a function of that name
			u, err := url.Parse(dbtest.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			u.RawQuery = url.Values{"search_path": {"public,pg_catalog"}}.Encode()
			db := dbtest.Open(t, u.String())
			modeltest.Execute(t, db, `CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`)
			return db
		},
		"the application's": func(t *testing.T) *gorm.DB {
			db := dbtest.Open(t, dbtest.SQLite(t))
			failing := &announcer{at: func(context.Context) error { return errors.New("no") }}
			if err := db.Use(models.Revocation{Announcer: failing}); err != nil {
				t.Fatal(err)
			}
			return db
		},
	} {
		t.Run(name, func(t *testing.T) {
			log.Reset()
			db := open(t)
			users := modeltest.Migrated(t, db)
			alice := modeltest.Create(t, db, "alice", "pw")
			if _, err := users.GetOrCreateToken(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			if deleted, err := users.DeleteToken(t.Context(), alice); !deleted || err != nil {
				t.Errorf("deleted %v, %v", deleted, err)
			}
			if err := users.RevokeAll(t.Context(), alice); err != nil {
				t.Error(err)
			}
			if modeltest.EpochOf(t, users, modeltest.Lookup(t, users, "alice")) == 0 {
				t.Error("nothing was revoked")
			}
			if n := strings.Count(log.String(), "announce a revocation"); n != 1 {
				t.Errorf("logged %d times: %s", n, log.String())
			}
		})
	}
}

// TestTheApplicationAnnounces checks that an Announcer is called when the change
// can be seen, and not for one that was rolled back.
func TestTheApplicationAnnounces(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		other, db := dbtest.Open(t, url), dbtest.Open(t, url)
		a := &announcer{}
		if err := db.Use(models.Revocation{Announcer: a}); err != nil {
			t.Fatal(err)
		}
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		a.at = func(ctx context.Context) error {
			if e := modeltest.EpochOf(t, users, modeltest.Lookup(t, modeltest.UsersOf(t, other), "alice")); e == 0 || ctx.Err() != nil {
				t.Errorf("announced in epoch %d, context: %v", e, ctx.Err())
			}
			return nil
		}
		undone := errors.New("undone")
		err := users.Transaction(t.Context(), func(tx *models.Users) error { return errors.Join(tx.RevokeAll(t.Context(), alice), undone) })
		if !errors.Is(err, undone) || len(a.heard) != 0 {
			t.Errorf("%v, announced %q", err, a.heard)
		}
		for range 2 {
			if err := users.RevokeAll(t.Context(), alice); err != nil {
				t.Error(err)
			}
		}
		users.AnnounceChange(t.Context(), nil)
		want := announcement.Of(announcement.User("1"))
		if !slices.Equal(a.heard, []string{want, want, announcement.Everything}) {
			t.Errorf("announced %q", a.heard)
		}
	})
}

// TestAnnouncedAs checks that kinds of users with the same key have different
// names, and others none.
func TestAnnouncedAs(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	users := modeltest.Migrated(t, db)
	for _, row := range []struct {
		user models.UserModel
		want []string
	}{
		{&models.User{ID: 7}, []string{announcement.User("7")}},
		{(*models.User)(nil), nil},
		{nil, nil},
		{&modeltest.Member{}, nil},
	} {
		if got := users.AnnouncedAs(row.user); !slices.Equal(got, row.want) {
			t.Errorf("%#v: %q, want %q", row.user, got, row.want)
		}
	}
}

// TestTheTriggerOfTheDocs checks that what docs/scaling.md prints announces what
// other programs change.
func TestTheTriggerOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	_, trigger, _ := strings.Cut(string(page), "```sql\n")
	trigger, _, _ = strings.Cut(trigger, "```")
	url := dbtest.Postgres(t)
	db := dbtest.Open(t, url)
	users := modeltest.Migrated(t, db)
	alice := modeltest.Create(t, db, "alice", "pw")
	if _, err := users.GetOrCreateToken(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	group := &models.Group{Name: "editors"}
	if err := errors.Join(db.Create(group).Error, db.Exec(trigger).Error); err != nil {
		t.Fatal(err)
	}
	heard, name := listen(t, url), announcement.User("1")
	for _, row := range []struct {
		statement string
		want      []string
	}{
		{"UPDATE auth_user SET last_login = now()", nil},
		{"UPDATE auth_user SET is_active = false", []string{name}},
		{"UPDATE auth_user SET password = 'x'", []string{name}},
		{"INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 1)", nil},
		{"DELETE FROM auth_user_groups", []string{name}},
		{"UPDATE authtoken_token SET key = 'x'", []string{name}},
		{"DELETE FROM authtoken_token", []string{name}},
		{"DELETE FROM auth_user", []string{name}},
	} {
		modeltest.Execute(t, db, row.statement)
		expectHeard(t, db, heard, row.statement, row.want...)
	}
}

// TestAnnouncerAfterTheCommit checks that a function that is given the database
// of a transaction of ours sends its announcement when that is committed.
func TestAnnouncerAfterTheCommit(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		sent, undone := &announcer{}, errors.New("undone")
		if err := db.Use(models.Revocation{Announcer: sent}); err != nil {
			t.Fatal(err)
		}
		users := modeltest.Migrated(t, db)
		alice := modeltest.Create(t, db, "alice", "pw")
		if err := models.SyncPermissions(t.Context(), db, &models.User{}); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			end  error
			want int // announcements
		}{{nil, 1}, {undone, 0}} {
			sent.heard = nil
			err := users.Transaction(t.Context(), func(tx *models.Users) error {
				if err := models.AssignPerm(t.Context(), tx.Database(), "auth.view_user", alice, nil); err != nil {
					return err
				}
				if len(sent.heard) != 0 {
					t.Errorf("sent before the commit: %q", sent.heard)
				}
				return row.end
			})
			if !errors.Is(err, row.end) || len(sent.heard) != row.want {
				t.Errorf("ended with %v: %v, sent %q, want %d", row.end, err, sent.heard, row.want)
			}
		}
	})
}
