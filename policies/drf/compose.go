package drf

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// Operator is a permission composed as DRF composes it: it never tells the message and code of the class that refused.
type Operator struct {
	name     string
	operands []ginauth.Permission
	evaluate func(c *gin.Context, id *ginauth.Identity, operands []ginauth.Permission) (bool, error)
}

var _ ginauth.Permission = (*Operator)(nil)

// All is A & B.
func All(first, second ginauth.Permission) *Operator {
	return &Operator{"All", []ginauth.Permission{first, second}, until(false)}
}

// Any is A | B.
func Any(first, second ginauth.Permission) *Operator {
	return &Operator{"Any", []ginauth.Permission{first, second}, until(true)}
}

// Not is ~A.
func Not(p ginauth.Permission) *Operator {
	return &Operator{"Not", []ginauth.Permission{p}, negate}
}

// HasPermission implements [ginauth.Permission].
func (o *Operator) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return o.evaluate(c, id, o.operands)
}

// String returns the expression, e.g. "drf.Any(IsAdminUser, ReadOnly)".
func (o *Operator) String() string {
	parts := make([]string, len(o.operands))
	for i, operand := range o.operands {
		parts[i] = ginauth.Name(operand)
	}
	return "drf." + o.name + "(" + strings.Join(parts, ", ") + ")"
}

// until asks the operands in order until one decides so.
func until(decisive bool) func(*gin.Context, *ginauth.Identity, []ginauth.Permission) (bool, error) {
	return func(c *gin.Context, id *ginauth.Identity, operands []ginauth.Permission) (bool, error) {
		for _, p := range operands {
			ok, err := p.HasPermission(c, id)
			if err != nil {
				return false, err
			}
			if ok == decisive {
				return decisive, nil
			}
		}
		return !decisive, nil
	}
}

func negate(c *gin.Context, id *ginauth.Identity, operands []ginauth.Permission) (bool, error) {
	ok, err := operands[0].HasPermission(c, id)
	return !ok && err == nil, err
}
