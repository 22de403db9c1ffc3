package recipes

import (
	"context"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// relations is the client of a relationship server, in its terms.
type relations interface {
	Check(ctx context.Context, user, relation, object string) (bool, error)
	ListObjects(ctx context.Context, user, relation, objectType string) ([]string, error) // "note:7", ...
}

// related lets users pass who have a relation with the note.
func related(r relations, relation string) ginauth.Permission {
	about := policies.ObjectPermissionFunc("Related("+relation+")",
		func(c *gin.Context, id *ginauth.Identity, note *Note) (bool, error) {
			return r.Check(ginauth.Context(c), "user:"+id.Subject(), relation, fmt.Sprintf("note:%d", note.ID))
		},
		func(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB { // the same for lists
			objects, err := r.ListObjects(ginauth.Context(c), "user:"+id.Subject(), relation, "note")
			if err != nil {
				_ = tx.AddError(err)
				return tx
			}
			keys := make([]string, len(objects))
			for i, object := range objects {
				keys[i] = strings.TrimPrefix(object, "note:")
			}
			return tx.Where("id IN ?", keys)
		})
	return policies.All(policies.IsAuthenticated, about)
}
