package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// permissionRows compares the question for one permission with casbin's, which
// has as many policies as the user has permissions. Both have them in memory;
// the last row reads it from SQLite, beside reading all.
func permissionRows(s *store) ([]row, error) {
	users, err := models.UsersOf(s.db)
	if err != nil {
		return nil, err
	}
	loaded := func() (*models.User, error) {
		user, err := users.ByUsername(context.Background(), "alice")
		if err != nil {
			return nil, err
		}
		return user.(*models.User), nil
	}
	user, err := loaded()
	if err != nil {
		return nil, err
	}
	if all, err := user.AllPermissions(context.Background()); err != nil || len(all) < manyPermissions {
		return nil, errors.Join(err, errors.New("the user lacks permissions"))
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/", nil)
	class, id := policies.HasPerm(fmt.Sprintf("auth.p%d", manyPermissions-1)), &ginauth.Identity{User: user}
	ours, err := asked(func() (bool, error) { return class.HasPermission(c, id) })
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, n := range []int{10, manyPermissions} {
		enforcer, err := enforcer(n)
		if err != nil {
			return nil, err
		}
		last := fmt.Sprintf("p%d", n-1)
		theirs, err := asked(func() (bool, error) { return enforcer.Enforce("alice", "auth", last) })
		if err != nil {
			return nil, err
		}
		name, peer := fmt.Sprintf("HasPerm, %d permissions", manyPermissions), fmt.Sprintf("casbin, %d policies", n)
		rows = append(rows, row{name, peer, ours, theirs})
	}
	one, err := asked(func() (bool, error) {
		user, err := loaded()
		if err != nil {
			return false, err
		}
		return user.HasPerm(context.Background(), "auth.p7")
	})
	if err != nil {
		return nil, err
	}
	all, err := asked(func() (bool, error) {
		user, err := loaded()
		if err != nil {
			return false, err
		}
		all, err := user.AllPermissions(context.Background())
		return len(all) > 0, err
	})
	if err != nil {
		return nil, err
	}
	return append(rows, row{"a user and one permission, SQLite", "the user and all 1,000", one, all}), nil
}

// asked returns a function that asks a question, once the answer is yes.
func asked(question func() (bool, error)) (func(), error) {
	if ok, err := question(); !ok || err != nil {
		return nil, errors.Join(err, errors.New("the answer is no"))
	}
	return func() { _, _ = question() }, nil
}

// enforcer returns casbin's usual RBAC model. The policy that matches is the
// last.
func enforcer(n int) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	for i := range n {
		if _, err := e.AddPolicy("editors", "auth", fmt.Sprintf("p%d", i)); err != nil {
			return nil, err
		}
	}
	_, err = e.AddGroupingPolicy("alice", "editors")
	return e, err
}
