package policies

import (
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// FuncObjectPermission is a permission made of a function by
// [ObjectPermissionFunc].
type FuncObjectPermission[T any] struct {
	denial
	name  string
	allow func(c *gin.Context, id *ginauth.Identity, obj *T) (bool, error)
	scope func(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB
}

var (
	_ ginauth.ObjectPermission = (*FuncObjectPermission[struct{}])(nil)
	_ Filterer                 = (*FuncObjectPermission[struct{}])(nil)
)

// ObjectPermissionFunc makes a permission about objects of type *T of a
// function with the contract of [ginauth.ObjectPermission]; another object is a
// failure. Requests without an object pass. The name is what the route table
// and the log show. With [FuncObjectPermission.WithFilter] the same rule
// filters lists.
//
//	published := policies.ObjectPermissionFunc("Published", func(_ *gin.Context, _ *ginauth.Identity, a *Article) (bool, error) {
//		return a.Published, nil
//	}).WithFilter(func(_ *gin.Context, _ *ginauth.Identity, tx *gorm.DB) *gorm.DB {
//		return tx.Where("published")
//	})
func ObjectPermissionFunc[T any](name string, allow func(c *gin.Context, id *ginauth.Identity, obj *T) (bool, error)) *FuncObjectPermission[T] {
	mustBeNamed("ObjectPermissionFunc", name)
	if allow == nil {
		panic("policies: ObjectPermissionFunc " + name + " was given a nil function")
	}
	return &FuncObjectPermission[T]{name: name, allow: allow}
}

// WithFilter returns a copy that filters lists by these conditions, with the
// contract of [Filterer]: they must hold for exactly the rows for which the
// function of the permission says yes.
func (p *FuncObjectPermission[T]) WithFilter(scope func(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB) *FuncObjectPermission[T] {
	q := *p
	q.scope = scope
	return &q
}

// WithDenial returns a copy that tells the client this message and code when it
// refuses. A nil message or an empty code stands for DRF's.
func (p *FuncObjectPermission[T]) WithDenial(message any, code string) *FuncObjectPermission[T] {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// HasPermission implements [ginauth.Permission]: it is about objects only.
func (p *FuncObjectPermission[T]) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	return true, nil
}

// HasObjectPermission calls the function.
func (p *FuncObjectPermission[T]) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	row, ok := obj.(*T)
	if !ok {
		return false, fmt.Errorf("policies: %s is about %T, not %T", p.name, row, obj)
	}
	return p.allow(c, id, row)
}

// CheckObjectType implements [ginauth.ObjectTypeChecker].
func (p *FuncObjectPermission[T]) CheckObjectType(obj any) error {
	if _, ok := obj.(*T); !ok {
		return fmt.Errorf("%s is about %T, but the route loads a %T", p.name, new(T), obj)
	}
	return nil
}

// Filter implements [Filterer]. It is an error if there is no scope.
func (p *FuncObjectPermission[T]) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	if p.scope == nil {
		_ = tx.AddError(fmt.Errorf("policies: %s cannot be turned into conditions: give it WithFilter", p.name))
		return tx
	}
	return p.scope(c, id, tx)
}

// String returns the name.
func (p *FuncObjectPermission[T]) String() string { return p.name }
