package policies

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
)

// ObjectPermissionsConfig configures [ObjectPermissions].
type ObjectPermissionsConfig struct {
	Map PermsMap // what methods need, on the model and on the object; default: DRF's, see PermsMap

	// ObjectOnly makes the permission on the object enough; the default is to
	// ask for the one on the model too, as DRF does.
	ObjectOnly bool
	// Anonymous lets anonymous requests pass with methods that need no
	// permission (DRF: authenticated_users_only = False).
	Anonymous bool
}

// ObjectPermissions lets authenticated users pass who have the permissions that
// the method needs on the model T, as [ModelPermissions] does, and then only to
// the objects on which they were granted the same (DRF:
// DjangoObjectPermissions). The user is asked as an [ObjectPermissionUser];
// [models.User] answers from django-guardian's tables, see [models.AssignPerm].
// A permission on the model does not extend to its objects. An object costs one
// query.
//
// A user that may not even read the object, by what GET needs, gets 404. An
// object that is not stored yet, which a handler gives to [ginauth.CheckDraft],
// has no grants: for it the permission on the model decides.
func ObjectPermissions[T any](db *gorm.DB, config ...ObjectPermissionsConfig) ginauth.Permission {
	const class = "ObjectPermissions"
	p := &objectPermission{
		label: labelOf[T](class, db), model: schemaOf[T](class, db),
		config: wiring.Config("policies: "+class, config),
	}
	if _, err := lookUp(p.model, ""); err != nil {
		panic(err.Error())
	}
	p.config.Map = p.config.Map.of(class, p.label)
	p.traits = ginauth.PermissionTraits{
		RequiresUser: !p.config.Anonymous, Ways: p.ways, CheckObjectType: p.checkObjectType,
	}
	return p
}

type objectPermission struct {
	label  models.Label
	model  *schema.Schema
	config ObjectPermissionsConfig
	traits ginauth.PermissionTraits
}

var (
	_ ginauth.ObjectPermission = (*objectPermission)(nil)
	_ ginauth.Decider          = (*objectPermission)(nil)
	_ Filterer                 = (*objectPermission)(nil)
)

// needStruct panics if T is not a struct: GORM accepts a pointer too, but the
// objects would be pointers to pointers.
func needStruct[T any](class string) {
	if typ := reflect.TypeFor[T](); typ.Kind() != reflect.Struct {
		panic(fmt.Sprintf("policies: %s[%v]: the model must be a struct type; "+
			"the objects are pointers to it", class, typ))
	}
}

// schemaOf is for constructors: it panics if T is not a GORM model.
func schemaOf[T any](class string, db *gorm.DB) *schema.Schema {
	if db == nil {
		panic("policies: " + class + ": the database is nil")
	}
	needStruct[T](class)
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(new(T)); err != nil {
		panic(fmt.Sprintf("policies: %s: %T is not a GORM model: %v", class, *new(T), err))
	}
	return stmt.Schema
}

func (p *objectPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	if !id.Authenticated() && !p.config.Anonymous {
		return false, nil
	}
	if p.config.ObjectOnly {
		return true, nil
	}
	perms, err := p.config.Map.needed(c.Request.Method)
	if err != nil {
		return false, err
	}
	return hasPerms(c, id, perms)
}

func (p *objectPermission) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	return passesObject(p, c, id, obj)
}

// Decide implements [ginauth.Decider]. About an object, it returns a permission
// that conceals it if the user may not read it.
func (p *objectPermission) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
	if q.Object != nil {
		return p.decideObject(q)
	}
	if ok, err := p.HasPermission(q.Context, q.Identity); !ok || err != nil {
		return p, err
	}
	return nil, nil
}

func (p *objectPermission) decideObject(q ginauth.Question) (ginauth.Permission, error) {
	method := q.Context.Request.Method
	perms, err := p.config.Map.needed(method)
	if err != nil || len(perms) == 0 {
		return nil, err
	}
	if reflect.TypeOf(q.Object) != reflect.PointerTo(p.model.ModelType) {
		return nil, fmt.Errorf("policies: %s was asked about a %T; give it a *%s", p, q.Object, p.model.ModelType)
	}
	has, err := p.granted(q)
	if err != nil {
		return nil, err
	}
	if ok, err := has(perms); ok || err != nil {
		return nil, err
	}
	if safe(method) {
		return unreadable{p}, nil
	}
	if readable, err := has(p.config.Map[http.MethodGet]); !readable || err != nil {
		return unreadable{p}, err
	}
	return p, nil
}

// unreadable is an objectPermission that refused a user who may not even read
// the object.
type unreadable struct{ *objectPermission }

func (unreadable) Conceals() bool { return true }

// permitted reports whether a user has permissions.
type permitted func(perms []string) (bool, error)

// granted asks for the permissions that the user was granted on a stored object,
// whatever its key. Anonymous requests, and users that are not an
// [ObjectPermissionUser], were granted none. A draft has no grants: for it the
// permissions on the model count.
func (p *objectPermission) granted(q ginauth.Question) (permitted, error) {
	c, id := q.Context, q.Identity
	if q.Draft {
		return func(perms []string) (bool, error) { return hasPerms(c, id, perms) }, nil
	}
	user, ok := id.User.(ObjectPermissionUser)
	if !ok || !id.Authenticated() {
		return func(perms []string) (bool, error) { return len(perms) == 0, nil }, nil
	}
	has, err := user.ObjectPermsOf(c.Request.Context(), p.label, q.Object)
	return func(perms []string) (bool, error) {
		return !slices.ContainsFunc(perms, func(perm string) bool { return !has(perm) }), nil
	}, err
}

func (p *objectPermission) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	perms, err := p.config.Map.needed(c.Request.Method)
	if err == nil && tx.Statement.Schema.ModelType != p.model.ModelType {
		err = fmt.Errorf("policies: %s cannot filter %s", p, tx.Statement.Schema.ModelType)
	}
	if err != nil {
		_ = tx.AddError(err)
		return tx
	}
	user, ok := id.User.(ObjectPermissionUser)
	if len(perms) > 0 && (!ok || !id.Authenticated()) {
		return tx.Where(never)
	}
	key := clause.Column{Table: clause.CurrentTable, Name: p.model.PrioritizedPrimaryField.DBName}
	for _, perm := range perms {
		query, args, all, err := user.GrantedObjects(p.label, perm, reflect.New(p.model.ModelType).Interface())
		if err != nil {
			_ = tx.AddError(err)
			return tx
		}
		if !all {
			tx = tx.Where(clause.Expr{SQL: "? IN (" + query + ")", Vars: append([]any{key}, args...)})
		}
	}
	return tx
}

func (p *objectPermission) checkObjectType(obj any) error {
	if reflect.TypeOf(obj) != reflect.PointerTo(p.model.ModelType) {
		return fmt.Errorf("%s is about *%s, but the route loads a %T", p, p.model.ModelType, obj)
	}
	return nil
}

// Describe implements [ginauth.Describer].
func (p *objectPermission) Describe() ginauth.PermissionTraits { return p.traits }

func (p *objectPermission) ways(method string, _ bool) []ginauth.Alternative {
	return p.config.Map.ways(method, p.config.Anonymous)
}

// String returns e.g. "ObjectPermissions(core.note)".
func (p *objectPermission) String() string { return "ObjectPermissions(" + p.label.String() + ")" }
