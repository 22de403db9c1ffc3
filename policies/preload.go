package policies

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// preload lets a [PreloadUser] read at once what the classes of the request's
// route may ask it, however they are composed. It costs a statement only where
// the first question would.
func preload(ctx context.Context, c *gin.Context, user any) error {
	u, ok := user.(PreloadUser)
	if !ok || u.Preloaded() {
		return nil
	}
	classes, _ := ginauth.PermissionsOf(c)
	var asked questions
	asked.collect(c.Request.Method, classes)
	return u.Preload(ctx, asked.groups, asked.perms...)
}

// ask asks a user a question, which a replica may answer.
func ask(c *gin.Context, user any, question func(ctx context.Context) (bool, error)) (bool, error) {
	return sqlkit.Lagging(c.Request, func(ctx context.Context) (bool, error) {
		if err := preload(ctx, c, user); err != nil {
			return false, err
		}
		return question(ctx)
	})
}

// questions are what classes may ask a user.
type questions struct {
	groups bool
	perms  []string
}

func (q *questions) collect(method string, classes []ginauth.Permission) {
	for _, class := range classes {
		switch class := class.(type) {
		case inGroup:
			q.groups = true
		case hasPerm:
			q.add(class)
		case *modelPermission:
			q.add(class.perms[method])
		case *objectPermission:
			if !class.config.ObjectOnly {
				q.add(class.config.Map[method])
			}
		default:
			q.collect(method, partsOf(class))
		}
	}
}

// add adds the names that are not among the others.
func (q *questions) add(perms []string) {
	for _, perm := range perms {
		if !slices.Contains(q.perms, perm) {
			q.perms = append(q.perms, perm)
		}
	}
}
