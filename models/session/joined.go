package session

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// FindWithUser is [Store.Find] and, where one statement can read both rows, also
// [Store.User]. user is nil if it cannot, or if the session has no valid user;
// [Store.User] then has the answer.
//
// SQL cannot join the rows, since the user's key is inside the session's data.
// This process remembers the key once User has found the user of a session, or
// Login has begun it. The signed data decides nevertheless: the row of another
// user is discarded. The rows are joined once the table of epochs has been seen.
func (s *Store) FindWithUser(ctx context.Context, key string) (session *Session, user models.UserModel, err error) {
	db := s.users.Database()
	if g := guessesOf.Of(db).find(key); g != nil && sqlkit.PresenceOf(db).Seen(djangoschema.EpochTable) {
		session, user, err = s.findJoined(ctx, key, g.user)
		if user != nil || err != nil {
			return session, user, err
		}
		guessesOf.Of(db).forget(g)
		if session != nil {
			return session, nil, nil
		}
	}
	session, err = s.Find(ctx, key)
	return session, nil, err
}

// findJoined reads the rows of a session and of the user with the guessed key.
// session is nil if one of them does not exist, and user if the session is not
// that user's.
func (s *Store) findJoined(ctx context.Context, key string, guessed any) (*Session, models.UserModel, error) {
	session, row := &Session{Key: models.Secret(key)}, userkit.Of(s.users).NewRow(ctx)
	var epoch epoch.Epoch
	found, err := s.row(ctx, session, s.sql.findJoined, s.uses.findJoined, []any{guessed}, append(row.Targets, &epoch))
	if err != nil || !found {
		return nil, nil, err
	}
	if err := s.open(session); err != nil {
		return nil, nil, err
	}
	user, err := row.User(&epoch)
	if err != nil {
		return nil, nil, fmt.Errorf("read user: %w", err)
	}
	id, ok := s.owner(session)
	text, isText := sqlkit.KeyText(s.users.Key(user))
	if !ok || !isText || text != id || s.admit(ctx, session, user) != nil {
		return session, nil, nil //nolint:nilerr // [Store.User] asks again, and returns why
	}
	return session, user, nil
}

// compileJoined makes the query for a session and a user. The parameters are
// the user's key, those of join, and the session's key, which is the n-th; more
// are columns of the table that join adds.
func compileJoined(db *gorm.DB, users *models.Users, more, join string, n int) string {
	u := userkit.Of(users).Table().SQL
	return fmt.Sprintf(`SELECT %s, COALESCE(e."epoch", 0), s."session_data", s."expire_date"%s `+
		`FROM "django_session" s JOIN %s u ON %s = %s LEFT JOIN "ginauth_epoch" e ON e."user_id" = %s%s `+
		`WHERE s."session_key" = %s%s`,
		u.Columns, more, u.Table, u.Key, sqlkit.Placeholder(db, 1), u.Key, join, sqlkit.Placeholder(db, n), u.Live)
}

// guess is the user that a session had when it was last seen.
type guess struct {
	session uint64 // a hash of its key
	user    any    // the primary key
}

// guesses is a cache of fixed size. Each session has one place; another session
// with the same place replaces it. What it returns must be checked. It is safe
// for concurrent use.
type guesses struct {
	places [1 << 14]atomic.Pointer[guess]
}

var (
	guessesOf sqlkit.Shared[guesses]
	hashSeed  = maphash.MakeSeed()
)

// remember keeps the user of a session as a guess.
func (s *Store) remember(session *Session, user models.UserModel) {
	g := &guess{maphash.String(hashSeed, string(session.Key)), s.users.Key(user)}
	guessesOf.Of(s.users.Database()).place(g.session).Store(g)
}

func (g *guesses) place(hash uint64) *atomic.Pointer[guess] {
	return &g.places[hash%uint64(len(g.places))]
}

// find returns the guess about the session with that key, or nil.
func (g *guesses) find(key string) *guess {
	hash := maphash.String(hashSeed, key)
	if found := g.place(hash).Load(); found != nil && found.session == hash {
		return found
	}
	return nil
}

func (g *guesses) forget(former *guess) { g.place(former.session).CompareAndSwap(former, nil) }
