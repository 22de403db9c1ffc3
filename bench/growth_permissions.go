package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// permissionSeries gives a user more and more permissions, and asks for one.
func permissionSeries() series {
	const grant = `INSERT INTO auth_user_user_permissions (user_id, permission_id)
		SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE p.name = 'p'
		AND NOT EXISTS (SELECT 1 FROM auth_user_user_permissions g WHERE g.permission_id = p.id)`
	grow := func(db *gorm.DB, from, to int) error {
		return errors.Join(createPermissions(db, from, to), db.Exec(grant).Error)
	}
	return userSeries("permissions of a user", "HasPerm", policies.HasPerm("auth.p0"), grow)
}

// groupSeries makes a user a member of more and more groups, and asks for one.
func groupSeries() series {
	const join = `INSERT INTO auth_user_groups (user_id, group_id)
		SELECT u.id, g.id FROM auth_user u, auth_group g
		WHERE NOT EXISTS (SELECT 1 FROM auth_user_groups m WHERE m.group_id = g.id)`
	grow := func(db *gorm.DB, from, to int) error {
		var created []models.Group
		for i := from; i < to; i++ {
			created = append(created, models.Group{Name: fmt.Sprintf("g%d", i)})
		}
		return errors.Join(db.CreateInBatches(created, 1000).Error, db.Exec(join).Error)
	}
	return userSeries("groups of a user", "InGroup", policies.InGroup("g0"), grow)
}

// userSeries asks about a user of SQLite: each request reads the token and its
// user, or finds both in a cache.
func userSeries(name, class string, asked ginauth.Permission, grow func(db *gorm.DB, from, to int) error) series {
	return series{
		name: name, sizes: decades(1, 10_000),
		columns: []string{"statements", "µs a request with " + class, "allocs", "ns, cached", "allocs"},
		lines:   []string{name + ": time of a request", name + ": cached"},
		open: func() (func(int) (point, error), func(), error) {
			dir, err := os.MkdirTemp("", "ginauth-bench")
			if err != nil {
				return nil, nil, err
			}
			db, err := migrated(filepath.Join(dir, "bench.db"))
			if err != nil {
				return nil, nil, errors.Join(err, os.RemoveAll(dir))
			}
			u := &asker{db: db, asked: asked}
			there := 0
			return func(n int) (point, error) {
					err := errors.Join(u.create(), grow(db, there, n))
					if there = n; err != nil {
						return point{}, err
					}
					return u.measure()
				}, func() {
					if pool, err := db.DB(); err == nil {
						pool.Close()
					}
					os.RemoveAll(dir)
				}, nil
		},
	}
}

// asker is a user with a token, and the class that asks about it.
type asker struct {
	db    *gorm.DB
	asked ginauth.Permission
	token string
}

func (a *asker) create() error {
	if a.token != "" {
		return nil
	}
	ctx, user := context.Background(), &models.User{Username: "alice"}
	users, err := models.UsersOf(a.db)
	if err != nil {
		return err
	}
	if err := models.CreateUser(ctx, a.db, user, ""); err != nil {
		return err
	}
	token, err := users.GetOrCreateToken(ctx, user)
	if err != nil {
		return err
	}
	a.token = string(token.Key)
	return nil
}

func (a *asker) measure() (point, error) {
	uncached, err := a.request(policies.Token(a.db))
	if err != nil {
		return point{}, err
	}
	remembered, err := a.request(cached(a.db))
	if err != nil {
		return point{}, err
	}
	db, counter := dbtest.Count(a.db)
	counted, err := a.request(policies.Token(db))
	if err != nil {
		return point{}, err
	}
	counter.Statements()
	counted()
	statements := counter.Statements()
	if statements == 0 {
		return point{}, errors.New("no statement was seen")
	}
	first, later := alone(uncached), alone(remembered)
	return point{
		cells: []string{
			fmt.Sprint(statements), fmt.Sprintf("%.1f", first.least/1000), fmt.Sprintf("%.0f", first.allocs),
			fmt.Sprintf("%.0f", later.least), fmt.Sprintf("%.0f", later.allocs),
		},
		values: []float64{first.least, later.least},
	}, nil
}

// request returns a request that the class lets pass, once it has refused the
// user to one that asks for something else.
func (a *asker) request(authenticator ginauth.Authenticator) (func(), error) {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(authenticator))
	auth.With(engine, ginauth.PermissionClasses(a.asked)).GET("/", emptyHandler)
	auth.With(engine, ginauth.PermissionClasses(policies.Not(a.asked))).GET("/not", emptyHandler)
	header := "Token " + a.token
	refused := fmt.Sprint(http.StatusForbidden)
	if _, err := serve(engine, "/not", "Authorization", header); err == nil || !strings.Contains(err.Error(), refused) {
		return nil, fmt.Errorf("the class lets all pass: %v", err)
	}
	return serve(engine, "/", "Authorization", header)
}
