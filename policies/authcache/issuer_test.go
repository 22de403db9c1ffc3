package authcache_test

import (
	"encoding/base64"
	"errors"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies/jwt"
)

// issuer is this process, a server that shares its database and its channel
// with others: it issues credentials and ends them.
type issuer struct {
	testing.TB
	db       *gorm.DB
	users    *models.Users
	tokens   *accesstoken.Store
	sessions *session.Store
	keys     *apikey.Store
	jwts     *jwt.Issuer
	made     *atomic.Int64 // users
}

// onChannels runs f as the subtests postgres and redis, each with a database of
// its own.
func onChannels(t *testing.T, f func(t *testing.T, i *issuer, s server)) {
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Postgres(t)
		f(t, newIssuer(t, url, models.Revocation{Tokens: true}), server{Database: url, Channel: url, MaxStaleness: time.Hour})
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		_, prefix := redistest.Open(t)
		s := server{Database: dbtest.Postgres(t), Channel: os.Getenv(redistest.Variable), Prefix: prefix, MaxStaleness: time.Hour}
		channel, err := s.channel()
		if err != nil {
			t.Fatal(err)
		}
		f(t, newIssuer(t, s.Database, models.Revocation{Tokens: true, Announcer: channel.(models.Announcer)}), s)
	})
}

func newIssuer(t *testing.T, url string, settings ...gorm.Plugin) *issuer {
	t.Helper()
	i := &issuer{TB: t, db: dbtest.Open(t, url), made: new(atomic.Int64)}
	people.Create(t, i.db, append(settings, scopes)...)
	people.Permit(t, i.db, "staff", "core.change_note") // creates the permission
	oauthtest.Create(t, i.db, oauthtest.V4)
	var errs [4]error
	i.users, errs[0] = models.UsersOf(i.db)
	i.tokens, errs[1] = accesstoken.Of(i.db)
	i.sessions, errs[2] = session.Of(i.db, session.Config{})
	i.keys, errs[3] = apikey.Of(i.db)
	i.must(errors.Join(errs[:]...))
	i.jwts = jwt.NewIssuer(i.db, jwtConfig())
	return i
}

// in is i in another test.
func (i *issuer) in(t *testing.T) *issuer {
	other := *i
	other.TB = t
	return &other
}

func (i *issuer) must(err error) {
	i.Helper()
	if err != nil {
		i.Fatal(err)
	}
}

// user creates a user with the password "pw".
func (i *issuer) user() *models.User {
	user := &models.User{Username: "user" + strconv.FormatInt(i.made.Add(1), 10)}
	i.must(models.CreateUser(i.Context(), i.db, user, "pw"))
	return people.Named(i, i.db, user.Username)
}

// credential is a header, and what ends the credential in it.
type credential struct{ header, id string }

const scheme = "Authorization: "

func (i *issuer) token(u *models.User) credential {
	token, err := i.users.GetOrCreateToken(i.Context(), u)
	i.must(err)
	return credential{header: scheme + "Token " + string(token.Key)}
}

func (i *issuer) access(u *models.User) credential { return i.accessOf(u) }

func (i *issuer) accessOf(owner models.UserModel) credential {
	draft := accesstoken.Draft{Name: "test", Scopes: []string{models.AllScopes}, Expiry: accesstoken.NeverExpires}
	token, secret, err := i.tokens.Create(i.Context(), owner, draft)
	i.must(err)
	return credential{scheme + "Bearer " + string(secret), token.ID}
}

// service returns the token of a service that has the user's name.
func (i *issuer) service(u *models.User) credential {
	s, err := i.tokens.CreateService(i.Context(), u.Username, []string{models.AllScopes})
	i.must(err)
	return i.accessOf(s)
}

func (i *issuer) serviceOf(u *models.User) *accesstoken.Service {
	s, err := i.tokens.Service(i.Context(), u.Username)
	i.must(err)
	return s
}

// pair returns an access token; its id is the refresh token.
func (i *issuer) pair(u *models.User) credential {
	pair, err := i.jwts.Pair(i.Context(), u)
	i.must(err)
	return credential{scheme + "Bearer " + pair.Access, pair.Refresh}
}

func (i *issuer) sliding(u *models.User) credential {
	token, err := i.jwts.Sliding(i.Context(), u)
	i.must(err)
	return credential{header: scheme + "Bearer " + token}
}

func (i *issuer) oauth2(u *models.User) credential {
	oauthtest.Insert(i, i.db, oauthtest.V4, oauthtest.Row{Token: u.Username, User: u.ID, Scope: "read", Created: time.Now().Add(-time.Minute)})
	return credential{header: scheme + "Bearer " + u.Username}
}

func (i *issuer) session(u *models.User) credential {
	s, err := i.sessions.Login(i.Context(), "", u)
	i.must(err)
	return credential{"Cookie: sessionid=" + string(s.Key), string(s.Key)}
}

func (*issuer) basic(u *models.User) credential {
	return credential{header: scheme + "Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username+":pw"))}
}

// key returns an API key; its id is the prefix.
func (i *issuer) key(u *models.User) credential {
	row := &apikey.Key{Name: u.Username}
	key, err := apikey.Create(i.Context(), i.db, row)
	i.must(err)
	return credential{scheme + "Api-Key " + string(key), row.Prefix}
}

// permitted returns the token of a user who has a permission.
func (i *issuer) permitted(u *models.User) credential {
	i.must(models.AssignPerm(i.Context(), i.db, "core.change_note", u, nil))
	return i.token(u)
}

// inGroup returns the token of a member of editors, whose group has the
// permission.
func (i *issuer) inGroup(u *models.User) credential {
	group := i.editors()
	i.must(models.AssignPerm(i.Context(), i.db, "core.change_note", group, nil))
	i.must(i.db.Exec("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", u.ID, group.ID).Error)
	return i.token(u)
}

func (i *issuer) editors() *models.Group {
	group := &models.Group{Name: "editors"}
	i.must(i.db.Where("name = ?", group.Name).FirstOrCreate(group).Error)
	return group
}
