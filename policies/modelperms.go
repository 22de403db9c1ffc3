package policies

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/modellabel"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// PermsMap holds the permissions that each method needs. "add" stands for the
// permission to add to the model, app.add_model; a name with a dot stands for
// itself. A method that is missing is not allowed: 405.
//
// The default is DRF's map: POST needs add, PUT and PATCH change, DELETE
// delete; GET, HEAD and OPTIONS need nothing. [ViewPermsMap] returns the other
// map that is common.
type PermsMap map[string][]string

// defaultPermsMap returns DRF's map, see [PermsMap].
func defaultPermsMap() PermsMap {
	return PermsMap{
		http.MethodGet:     {},
		http.MethodHead:    {},
		http.MethodOptions: {},
		http.MethodPost:    {"add"},
		http.MethodPut:     {"change"},
		http.MethodPatch:   {"change"},
		http.MethodDelete:  {"delete"},
	}
}

// ViewPermsMap returns DRF's map, except that GET, HEAD and OPTIONS need view.
// The map is the caller's, who may change it.
func ViewPermsMap() PermsMap {
	m := defaultPermsMap()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		m[method] = []string{"view"}
	}
	return m
}

// ModelPermissions lets authenticated users pass who have the permissions that
// the method needs on the model T (DRF: DjangoModelPermissions). The user is
// asked as a [PermissionUser]; [models.User] answers from Django's tables, with
// one query a request for all classes of the route; a method that needs no
// permission costs none.
//
// T is a GORM model whose Django name follows from its table, as core.note from
// core_note, or is told by its method ModelLabel, see [models.SyncPermissions].
//
// The map (DRF: perms_map) is by default DRF's, see [PermsMap]. ModelPermissions
// panics if T has no name of Django's, if the map has an empty or malformed name,
// and if it is given two maps.
func ModelPermissions[T any](db *gorm.DB, perms ...PermsMap) ginauth.Permission {
	return newModelPermission[T]("ModelPermissions", db, perms, false)
}

// ModelPermissionsOrAnonReadOnly is [ModelPermissions], but lets anonymous
// requests pass with methods that need no permission (DRF:
// DjangoModelPermissionsOrAnonReadOnly).
func ModelPermissionsOrAnonReadOnly[T any](db *gorm.DB, perms ...PermsMap) ginauth.Permission {
	return newModelPermission[T]("ModelPermissionsOrAnonReadOnly", db, perms, true)
}

type modelPermission struct {
	class     string
	label     models.Label
	perms     PermsMap // with whole names
	anonymous bool
	traits    ginauth.PermissionTraits
}

func newModelPermission[T any](class string, db *gorm.DB, perms []PermsMap, anonymous bool) *modelPermission {
	label := labelOf[T](class, db)
	given := wiring.Optional("policies: "+class, "map", perms)
	p := &modelPermission{class: class, label: label, perms: given.of(class, label), anonymous: anonymous}
	p.traits = ginauth.PermissionTraits{RequiresUser: !anonymous, Ways: p.ways}
	return p
}

func labelOf[T any](class string, db *gorm.DB) models.Label {
	if db == nil {
		panic("policies: " + class + ": the database is nil")
	}
	needStruct[T](class)
	label, err := modellabel.Of(db, new(T))
	wiring.Check("policies: "+class, err)
	return models.Label(label)
}

// of returns the map, or the default if it is nil, with the whole names of
// the permissions of a model.
func (m PermsMap) of(class string, label models.Label) PermsMap {
	if m == nil {
		m = defaultPermsMap()
	}
	whole := make(PermsMap, len(m))
	for method, perms := range m {
		whole[method] = []string{}
		for _, perm := range perms {
			if strings.TrimSpace(perm) == "" {
				panic("policies: " + class + ": the map has an empty name for " + method + "; " +
					"an empty list needs no permission")
			}
			if !strings.Contains(perm, ".") {
				perm = label.Perm(perm)
			}
			whole[method] = append(whole[method], permissionName(class, perm))
		}
	}
	return whole
}

// permissionName is for constructors: it panics if the name is malformed.
func permissionName(class, perm string) string {
	app, codename, ok := strings.Cut(perm, ".")
	if !ok || app == "" || codename == "" || strings.ContainsAny(perm, " \t\n") {
		panic("policies: " + class + `: a permission is called "app.codename", such as core.change_note, ` +
			`not "` + perm + `"`)
	}
	return perm
}

// needed returns what a method needs, or 405.
func (m PermsMap) needed(method string) ([]string, error) {
	perms, ok := m[method]
	if !ok {
		return nil, ginauth.MethodNotAllowed(method)
	}
	return perms, nil
}

func (p *modelPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	if !id.Authenticated() && !p.anonymous {
		return false, nil
	}
	perms, err := p.perms.needed(c.Request.Method)
	if err != nil {
		return false, err
	}
	return hasPerms(c, id, perms)
}

// Describe implements [ginauth.Describer].
func (p *modelPermission) Describe() ginauth.PermissionTraits { return p.traits }

func (p *modelPermission) ways(method string, _ bool) []ginauth.Alternative {
	return p.perms.ways(method, p.anonymous)
}

// ways returns the ways to satisfy a class that asks for the permissions of a
// method, which may need none.
func (m PermsMap) ways(method string, anonymous bool) []ginauth.Alternative {
	if perms, known := m[method]; known && len(perms) == 0 {
		return []ginauth.Alternative{{User: !anonymous}}
	}
	return someUsers()
}

// String returns e.g. "ModelPermissions(core.note)".
func (p *modelPermission) String() string { return p.class + "(" + p.label.String() + ")" }

// hasPerms asks the user as a [PermissionUser]. A request that needs no
// permission passes; other users and anonymous requests have none.
func hasPerms(c *gin.Context, id *ginauth.Identity, perms []string) (bool, error) {
	if len(perms) == 0 {
		return true, nil
	}
	user, ok := id.User.(PermissionUser)
	if !ok || !id.Authenticated() {
		return false, nil
	}
	return ask(c, user, func(ctx context.Context) (bool, error) { return user.HasPerms(ctx, perms...) })
}

// HasPerm lets users pass who have all of these permissions, named as in
// Django: "core.change_note" (Django: has_perms; DRF has no such class). The
// user is asked as a [PermissionUser]; the permissions that the route's classes
// ask for cost one query a request. It panics if a name has no dot.
func HasPerm(first string, more ...string) ginauth.Permission {
	perms := append([]string{first}, more...)
	for _, perm := range perms {
		permissionName("HasPerm", perm)
	}
	return hasPerm(perms)
}

type hasPerm []string

func (p hasPerm) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return hasPerms(c, id, p)
}

func (hasPerm) Describe() ginauth.PermissionTraits { return requiresUser() }

func (p hasPerm) String() string { return fmt.Sprintf("HasPerm(%s)", strings.Join(p, ", ")) }
