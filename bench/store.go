package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/models"
)

// manyPermissions is how many permissions a user of the store has, and how many
// policies casbin is given.
const manyPermissions = 1000

// store is a database with one user, a token and many permissions.
type store struct {
	db    *gorm.DB
	user  *models.User
	token string
}

func newStore(file string) (*store, error) {
	db, err := migrated(file)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	user := &models.User{Username: "alice"}
	err = errors.Join(models.CreateUser(ctx, db, user, ""), createPermissions(db, 0, manyPermissions))
	if err != nil {
		return nil, err
	}
	err = db.Exec(`INSERT INTO auth_user_user_permissions (user_id, permission_id)
		SELECT ?, id FROM auth_permission WHERE name = 'p'`, user.ID).Error
	if err != nil {
		return nil, err
	}
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	token, err := users.GetOrCreateToken(ctx, user)
	if err != nil {
		return nil, err
	}
	return &store{db, user, string(token.Key)}, nil
}

// opened opens a database with the settings that all processes share.
func opened(url string) (*gorm.DB, error) {
	db, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	return db, db.Use(models.SecretKeys{"a long random secret of this benchmark"})
}

// migrated opens an empty database and creates the tables.
func migrated(url string) (*gorm.DB, error) {
	db, err := opened(url)
	if err != nil {
		return nil, err
	}
	return db, models.Migrate(db)
}

// createPermissions creates the permissions auth.p0, auth.p1 and so on, from one
// number to another, all with the name p.
func createPermissions(db *gorm.DB, from, to int) error {
	var content models.ContentType
	err := errors.Join(models.SyncPermissions(context.Background(), db, &models.Group{}),
		db.Where("model = ?", "group").Take(&content).Error)
	if err != nil {
		return err
	}
	var created []models.Permission
	for i := from; i < to; i++ {
		codename := fmt.Sprintf("p%d", i)
		created = append(created, models.Permission{Name: "p", ContentTypeID: content.ID, Codename: codename})
	}
	return db.Omit("ContentType").CreateInBatches(created, 1000).Error
}

// Note is an object that a user owns.
type Note struct {
	ID      int64
	Title   string
	OwnerID int64 `gorm:"index"`
}

// TableName implements GORM's Tabler. Its prefix is that of Django's app.
func (Note) TableName() string { return "bench_note" }

// sink is a response writer that allocates nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func emptyHandler(*gin.Context) {}

// whileConnected is the context of requests. It can be cancelled, as that of
// net/http, which ends with the connection, and drivers watch such a context.
var whileConnected, _ = context.WithCancel(context.Background())

// serve is [serveStatus] for an answer of 200.
func serve(h http.Handler, path string, headers ...string) (func(), error) {
	return serveStatus(http.StatusOK, h, path, headers...)
}

// serveStatus returns a function that sends a request to a server, once it has
// been answered with a status. Headers come in pairs.
func serveStatus(status int, h http.Handler, path string, headers ...string) (func(), error) {
	r, first := httptest.NewRequestWithContext(whileConnected, http.MethodGet, path, nil), httptest.NewRecorder()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, fresh := &sink{http.Header{}}, *r
	if h.ServeHTTP(first, r); first.Code != status {
		return nil, fmt.Errorf("%s is answered with %d: %s", path, first.Code, first.Body)
	}
	return func() {
		*r = fresh // some middlewares keep what they have read in the request
		h.ServeHTTP(w, r)
	}, nil
}

// pair makes a row of two requests.
func pair(name, peer string, ours, theirs func() (func(), error)) (row, error) {
	us, err := ours()
	if err != nil {
		return row{}, fmt.Errorf("%s: %w", name, err)
	}
	them, err := theirs()
	if err != nil {
		return row{}, fmt.Errorf("%s beside %s: %w", name, peer, err)
	}
	return row{name, peer, us, them}, nil
}
