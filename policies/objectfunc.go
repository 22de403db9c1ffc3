package policies

import (
	"fmt"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
)

// ObjectPermissionFunc makes a permission about objects of type *T of a
// function with the contract of [ginauth.ObjectPermission]; an object of
// another type is a failure. Requests without an object pass. The name is what
// the route table and the log show. It panics if the name is empty or the
// function is nil.
//
// The filter, with the contract of [Filterer], says the same in SQL: it must
// find exactly the rows for which the function returns true. Without one,
// [Filter] fails on the routes of the permission.
//
//	published := policies.ObjectPermissionFunc("Published",
//		func(_ *gin.Context, _ *ginauth.Identity, a *Article) (bool, error) {
//			return a.Published, nil
//		},
//		func(_ *gin.Context, _ *ginauth.Identity, tx *gorm.DB) *gorm.DB {
//			return tx.Where("published")
//		})
func ObjectPermissionFunc[T any](
	name string, allow func(c *gin.Context, id *ginauth.Identity, obj *T) (bool, error),
	filter ...func(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB,
) ginauth.Permission {
	mustBeNamed("ObjectPermissionFunc", name)
	if allow == nil {
		panic("policies: ObjectPermissionFunc " + name + " was given a nil function")
	}
	if len(filter) > 1 {
		panic("policies: ObjectPermissionFunc " + name + " takes one filter")
	}
	p := &funcObjectPermission[T]{name: name, allow: allow}
	p.traits = ginauth.PermissionTraits{Ways: someObjects, CheckObjectType: p.checkObjectType}
	if len(filter) == 1 {
		p.filter = filter[0]
	}
	return p
}

type funcObjectPermission[T any] struct {
	name   string
	allow  func(c *gin.Context, id *ginauth.Identity, obj *T) (bool, error)
	filter func(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB // nil: none
	traits ginauth.PermissionTraits
}

var (
	_ ginauth.ObjectPermission = (*funcObjectPermission[struct{}])(nil)
	_ Filterer                 = (*funcObjectPermission[struct{}])(nil)
)

// HasPermission returns true: the permission is about objects only.
func (p *funcObjectPermission[T]) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) {
	return true, nil
}

func (p *funcObjectPermission[T]) HasObjectPermission(c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	row, ok := obj.(*T)
	if !ok {
		return false, fmt.Errorf("policies: %s is about %T, not %T", p.name, row, obj)
	}
	return p.allow(c, id, row)
}

// Describe implements [ginauth.Describer].
func (p *funcObjectPermission[T]) Describe() ginauth.PermissionTraits { return p.traits }

// someObjects describes that requests without an object pass.
func someObjects(_ string, objects bool) []ginauth.Alternative {
	return []ginauth.Alternative{{Conditional: objects}}
}

func (p *funcObjectPermission[T]) checkObjectType(obj any) error {
	if _, ok := obj.(*T); !ok {
		return fmt.Errorf("%s is about %T, but the route loads a %T", p.name, new(T), obj)
	}
	return nil
}

func (p *funcObjectPermission[T]) Filter(c *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB {
	if p.filter == nil {
		_ = tx.AddError(fmt.Errorf("policies: %s cannot be turned into conditions: "+
			"give ObjectPermissionFunc a filter", p.name))
		return tx
	}
	return p.filter(c, id, tx)
}

func (p *funcObjectPermission[T]) String() string { return p.name }
