package policies

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// HasRole lets users pass who have one of these roles, spelled exactly like
// this. The user is asked as a [RoleUser], so roles are what an application
// stores or computes, such as a column of its own users; Django's are groups,
// see [InGroup]. An empty role, as of a row whose column is empty, passes
// nowhere. It panics if a name is empty or begins or ends with a blank.
func HasRole(first string, more ...string) ginauth.Permission {
	roles := append([]string{first}, more...)
	for _, role := range roles {
		if role == "" || strings.TrimSpace(role) != role {
			panic(`policies: HasRole was given the role "` + role + `"; name roles as users have them, such as admin`)
		}
	}
	return hasRole(roles)
}

type hasRole []string

func (p hasRole) HasPermission(_ *gin.Context, id *ginauth.Identity) (bool, error) {
	user, ok := id.User.(RoleUser)
	if !ok || !id.Authenticated() {
		return false, nil
	}
	return slices.ContainsFunc(user.Roles(), func(role string) bool { return slices.Contains(p, role) }), nil
}

func (hasRole) Describe() ginauth.PermissionTraits { return requiresUser() }

// String returns e.g. "HasRole(admin, editor)".
func (p hasRole) String() string { return "HasRole(" + strings.Join(p, ", ") + ")" }
