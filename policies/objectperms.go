package policies

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
)

// ObjectPermissionsConfig configures [ObjectPermissions].
type ObjectPermissionsConfig struct {
	Map PermsMap // what methods need, on the model and on the object; default: DefaultPermsMap

	// ObjectOnly makes the permission on the object enough; the default is to
	// ask for the one on the model too, as DRF does.
	ObjectOnly bool
	// Anonymous lets anonymous requests pass with methods that need no
	// permission (DRF: authenticated_users_only = False).
	Anonymous bool
}

// ObjectPermission is a permission made by [ObjectPermissions].
type ObjectPermission struct {
	denial
	db     *gorm.DB
	label  models.Label
	model  *schema.Schema
	config ObjectPermissionsConfig
}

var (
	_ ginauth.ObjectPermission = (*ObjectPermission)(nil)
	_ ginauth.ObjectDecider    = (*ObjectPermission)(nil)
	_ ginauth.DraftDecider     = (*ObjectPermission)(nil)
	_ Filterer                 = (*ObjectPermission)(nil)
)

// ObjectPermissions lets authenticated users pass who have the permissions that
// the method needs on the model T, as [ModelPermissions] does, and then only to
// the objects for which they were granted the same (DRF:
// DjangoObjectPermissions). Grants are those of django-guardian's tables, see
// [models.AssignPerm]; a permission on the model is none on its objects. An
// object costs one query.
//
// Who may not even read the object, by what GET needs, is told that there is
// none: 404. An object that is not stored yet, which a handler gives to
// [ginauth.CheckDraft], has no grants: for it the permission on the model
// decides.
func ObjectPermissions[T any](db *gorm.DB, config ...ObjectPermissionsConfig) *ObjectPermission {
	const class = "ObjectPermissions"
	p := &ObjectPermission{db: db, label: labelOf[T](class, db), model: schemaOf[T](class, db), config: optional(class, config)}
	if _, err := lookUp(p.model, ""); err != nil {
		panic(err.Error())
	}
	p.config.Map = p.config.Map.of(class, p.label)
	return p
}

// needStruct panics if T is no struct: GORM takes a pointer too, of which no
// object is.
func needStruct[T any](class string) {
	if typ := reflect.TypeFor[T](); typ.Kind() != reflect.Struct {
		panic(fmt.Sprintf("policies: %s[%v]: the model must be a struct type; the objects are pointers to it", class, typ))
	}
}

// schemaOf is for constructors.
func schemaOf[T any](class string, db *gorm.DB) *schema.Schema {
	if db == nil {
		panic("policies: " + class + ": the database is nil")
	}
	needStruct[T](class)
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(new(T)); err != nil {
		panic(fmt.Sprintf("policies: %s: %T is no GORM model: %v", class, *new(T), err))
	}
	return stmt.Schema
}

// WithDenial returns a copy that tells the client this message and code when it
// refuses. A nil message or an empty code stands for DRF's.
func (p *ObjectPermission) WithDenial(message any, code string) *ObjectPermission {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// HasPermission implements [ginauth.Permission].
func (p *ObjectPermission) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
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

// HasObjectPermission implements [ginauth.ObjectPermission].
func (p *ObjectPermission) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	refusing, err := p.DecideObject(c, id, obj)
	return refusing == nil && err == nil, err
}

// DecideObject implements [ginauth.ObjectDecider]. The permission that it
// returns conceals the object from who may not read it.
func (p *ObjectPermission) DecideObject(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return p.decide(c, obj, func() (permitted, error) { return p.grants(c, id, obj) })
}

// DecideDraft implements [ginauth.DraftDecider]: the permission on the model
// decides.
func (p *ObjectPermission) DecideDraft(c *gin.Context, id *ginauth.Identity, obj any) (ginauth.Permission, error) {
	return p.decide(c, obj, func() (permitted, error) {
		return func(perms []string) (bool, error) { return hasPerms(c, id, perms) }, nil
	})
}

// permitted reports whether a user has permissions.
type permitted func(perms []string) (bool, error)

func (p *ObjectPermission) decide(c *gin.Context, obj any, ask func() (permitted, error)) (ginauth.Permission, error) {
	perms, err := p.config.Map.needed(c.Request.Method)
	if err != nil || len(perms) == 0 {
		return nil, err
	}
	if reflect.TypeOf(obj) != reflect.PointerTo(p.model.ModelType) {
		return nil, fmt.Errorf("policies: %s was asked about a %T; give it a *%s", p, obj, p.model.ModelType)
	}
	has, err := ask()
	if err != nil {
		return nil, err
	}
	if ok, err := has(perms); ok || err != nil {
		return nil, err
	}
	if safe(c.Request.Method) {
		return unreadable{p}, nil
	}
	if readable, err := has(p.config.Map[http.MethodGet]); !readable || err != nil {
		return unreadable{p}, err
	}
	return p, nil
}

// unreadable is an ObjectPermission that refused who may not even read the
// object.
type unreadable struct{ *ObjectPermission }

func (unreadable) Conceals() bool { return true }

// grants asks the database for the permissions that the user was granted on a
// stored object, whatever its key. Users without the method ObjectPermsOf, and
// nobody, were granted none.
func (p *ObjectPermission) grants(c *gin.Context, id *ginauth.Identity, obj any) (permitted, error) {
	user, ok := id.User.(interface {
		ObjectPermsOf(ctx context.Context, of models.Label, obj any) (models.PermSet, error)
	})
	if !ok || !id.Authenticated() {
		return func(perms []string) (bool, error) { return len(perms) == 0, nil }, nil
	}
	granted, err := user.ObjectPermsOf(c.Request.Context(), p.label, obj)
	return func(perms []string) (bool, error) {
		return !slices.ContainsFunc(perms, func(perm string) bool { return !granted.Has(perm) }), nil
	}, err
}

// Filter implements [Filterer].
func (p *ObjectPermission) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	perms, err := p.config.Map.needed(c.Request.Method)
	if err == nil && tx.Statement.Schema.ModelType != p.model.ModelType {
		err = fmt.Errorf("policies: %s cannot filter %s", p, tx.Statement.Schema.ModelType)
	}
	if err != nil {
		_ = tx.AddError(err)
		return tx
	}
	user, ok := id.User.(interface {
		GrantedObjects(of models.Label, perm string, model any) (query string, args []any, all bool, err error)
	})
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

// CheckObjectType implements [ginauth.ObjectTypeChecker].
func (p *ObjectPermission) CheckObjectType(obj any) error {
	if reflect.TypeOf(obj) != reflect.PointerTo(p.model.ModelType) {
		return fmt.Errorf("%s is about *%s, but the route loads a %T", p, p.model.ModelType, obj)
	}
	return nil
}

// RequiresUser implements [ginauth.UserRequirer].
func (p *ObjectPermission) RequiresUser() bool { return !p.config.Anonymous }

// String returns e.g. "ObjectPermissions(core.note)".
func (p *ObjectPermission) String() string { return "ObjectPermissions(" + p.label.String() + ")" }
