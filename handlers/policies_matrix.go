package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/alarm"
	"github.com/ginauth/ginauth/internal/standin"
)

// asker asks the guard about a route for one column.
type asker func(ctx context.Context, auth *ginauth.Auth, r listed) cell

// column is a column of the matrix.
type column struct {
	Name string
	ask  asker
}

// kinds are the columns of the matrix that need no user of the database.
var kinds = []column{
	{"Anonymous", askAs(nil)},
	{"User", askAbout(standin.Kind{})},
	{"Staff", askAbout(standin.Kind{Staff: true})},
	{"Superuser", askAbout(standin.Kind{Staff: true, Superuser: true})},
}

// cell is the guard's verdict, or "failed".
type cell struct {
	Verdict ginauth.Verdict
	Status  int    // of a refusal
	On      string // what the verdict depends on
}

const failed ginauth.Verdict = "failed"

const theObject = "the object"

// columns returns the kinds of users, and the roles with the users that they
// have now.
func (p policyPage) columns(c *gin.Context) []column {
	all := slices.Clone(kinds)
	for _, role := range p.roles {
		all = append(all, column{role.Name, role.load(c)})
	}
	return all
}

// load returns an asker for the user as it is now. A user that cannot be loaded
// does not fail the page: the log says why.
func (role PoliciesRole) load(c *gin.Context) asker {
	id, err := role.Identity(c.Request.Context())
	if err == nil && !id.Authenticated() {
		err = errors.New("its Identity returned no authenticated user")
	}
	if err == nil {
		if user, ok := id.User.(interface{ Active() bool }); ok && !user.Active() {
			err = errors.New("the user is inactive: every credential is refused")
		}
	}
	if err != nil {
		ginauth.Emit(c, ginauth.Event{
			Kind: ginauth.StoreFailed, Class: "MountPolicies", Code: "role_not_loaded",
			Cause: role.Name + ": " + alarm.CauseText(err),
		})
		return func(context.Context, *ginauth.Auth, listed) cell { return cell{Verdict: failed} }
	}
	return askAs(id)
}

// askAs asks for one identity, nil for an anonymous one.
func askAs(id *ginauth.Identity) asker {
	return func(ctx context.Context, auth *ginauth.Auth, r listed) cell {
		return cellOf(auth.ExplainRoute(ctx, r.Method, r.Path, id))
	}
}

func cellOf(x ginauth.Explanation) cell {
	switch {
	case x.Status >= http.StatusInternalServerError:
		return cell{Verdict: failed}
	case x.Verdict == ginauth.DependsOnObject:
		return cell{Verdict: x.Verdict, On: theObject}
	}
	return cell{Verdict: x.Verdict, Status: x.Status}
}

// askAbout asks for all users of a kind. If they do not get the same verdict, it
// depends on what the guard asked about them.
func askAbout(kind standin.Kind) asker {
	return func(ctx context.Context, auth *ginauth.Auth, r listed) cell {
		var answer *cell
		var asked []string
		var varies bool
		all := kind.Each(func(u *standin.User) bool {
			got := cellOf(auth.ExplainRoute(ctx, r.Method, r.Path, &ginauth.Identity{User: u}))
			asked = append(asked, u.Questions()...)
			asked = append(asked, u.Doubts()...)
			if got.Verdict == failed && len(u.Doubts()) == 0 {
				asked = append(asked, "a class that fails without a user")
			}
			if answer == nil {
				answer = &got
			}
			varies = len(u.Doubts()) > 0 || got.Verdict == failed || got.Verdict != answer.Verdict
			if varies && (got.On != "" || answer.On != "") {
				asked = append(asked, theObject)
			}
			return !varies
		})
		if all && !varies {
			return *answer
		}
		slices.Sort(asked)
		return cell{Verdict: ginauth.DependsOnObject, On: strings.Join(slices.Compact(asked), ", ")}
	}
}

// cells asks all columns about a route. Requests that match no route have no
// cells, and a route without a guard is open to all.
func (p policyPage) cells(ctx context.Context, columns []column, r listed) []cell {
	if !strings.HasPrefix(r.Path, "/") {
		return nil
	}
	cells := make([]cell, len(columns))
	for i, column := range columns {
		cells[i] = cell{Verdict: ginauth.Allowed}
		if r.Guarded {
			cells[i] = column.ask(ctx, p.auth, r)
		}
	}
	return cells
}
