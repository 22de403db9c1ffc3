package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// world is what all servers share. Servers read it as JSON.
type world struct {
	SQLite   *stored
	Postgres *stored // nil without a server
	Redis    string  // "" without a server
}

// stored is a database, with its users.
type stored struct {
	Name, URL string
	Accounts  []account
}

type account struct {
	ID                   int64
	Name, Token, Session string
}

// credentials returns a header of each user.
func (s *stored) credentials(of func(account) credential) (all []credential) {
	for _, a := range s.Accounts {
		all = append(all, of(a))
	}
	return all
}

func tokenOf(a account) credential {
	return credential{"Authorization", "Token " + a.Token, a.Name}
}

// newWorld fills an SQLite database and, if GINAUTH_TEST_POSTGRES names a
// server, a database there. closeWorld removes both.
func newWorld(users int) (w *world, closeWorld func(), err error) {
	dir, err := os.MkdirTemp("", "ginauth-bench")
	if err != nil {
		return nil, nil, err
	}
	remove := func() { os.RemoveAll(dir) }
	w = &world{Redis: os.Getenv("GINAUTH_TEST_REDIS")}
	if w.SQLite, err = fill("SQLite", filepath.Join(dir, "bench.db"), users); err != nil {
		remove()
		return nil, nil, err
	}
	if os.Getenv("GINAUTH_TEST_POSTGRES") == "" {
		return w, remove, nil
	}
	url, drop, err := createPostgres()
	if err != nil {
		remove()
		return nil, nil, err
	}
	closeWorld = func() { drop(); remove() }
	if w.Postgres, err = fill("PostgreSQL", url, users); err != nil {
		closeWorld()
		return nil, nil, err
	}
	return w, closeWorld, nil
}

// databases returns those that are there.
func (w *world) databases() (all []*stored, omitted []string) {
	if w.Postgres == nil {
		return []*stored{w.SQLite}, []string{"PostgreSQL: set GINAUTH_TEST_POSTGRES"}
	}
	return []*stored{w.Postgres, w.SQLite}, nil
}

// fill creates the tables, and users with a token and a session each. All are in
// a group that has many permissions.
func fill(name, url string, users int) (*stored, error) {
	db, err := migrated(url)
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	s := &stored{Name: name, URL: url}
	if err := db.Transaction(func(tx *gorm.DB) error { return s.create(tx, users) }); err != nil {
		return nil, err
	}
	return s, errors.Join(db.Exec(`INSERT INTO auth_group (name) VALUES ('editors')`).Error,
		createPermissions(db, 0, manyPermissions),
		db.Exec(`INSERT INTO auth_group_permissions (group_id, permission_id)
			SELECT g.id, p.id FROM auth_group g, auth_permission p WHERE p.name = 'p'`).Error,
		db.Exec(`INSERT INTO auth_user_groups (user_id, group_id)
			SELECT u.id, g.id FROM auth_user u, auth_group g`).Error)
}

// create creates users, their tokens and their sessions.
func (s *stored) create(tx *gorm.DB, users int) error {
	ctx, sessions := context.Background(), policies.Session(tx).Sessions()
	table, err := models.UsersOf(tx)
	if err != nil {
		return err
	}
	for i := range users {
		user := &models.User{Username: fmt.Sprintf("user%d", i)}
		if err := models.CreateUser(ctx, tx, user, ""); err != nil {
			return err
		}
		token, err := table.GetOrCreateToken(ctx, user)
		if err != nil {
			return err
		}
		begun, err := sessions.Login(ctx, "", user)
		if err != nil {
			return err
		}
		s.Accounts = append(s.Accounts, account{
			ID: user.ID, Name: user.Username, Token: string(token.Key), Session: string(begun.Key),
		})
	}
	return nil
}

// createPostgres creates a database on the server that GINAUTH_TEST_POSTGRES
// names.
func createPostgres() (address string, drop func(), err error) {
	server, err := url.Parse(os.Getenv("GINAUTH_TEST_POSTGRES"))
	if err != nil {
		return "", nil, errors.New("GINAUTH_TEST_POSTGRES is no URL") // the error has the password
	}
	administer := func(statement string) error {
		db, err := opened(server.String())
		if err != nil {
			return err
		}
		pool, err := db.DB()
		if err != nil {
			return err
		}
		defer pool.Close()
		db.Logger = logger.Discard // it would tell that this is slow
		return db.Exec(statement).Error
	}
	name := "ginauth_bench_" + strings.ToLower(rand.Text())
	if err := administer("CREATE DATABASE " + name); err != nil {
		return "", nil, err
	}
	own := *server
	own.Path = "/" + name
	return own.String(), func() {
		if err := administer("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			fmt.Fprintf(os.Stderr, "the database %s remains: %v\n", name, err)
		}
	}, nil
}
