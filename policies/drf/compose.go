package drf

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// Operator is a permission composed as DRF composes it: it never tells the message and code of the class that refused.
type Operator struct {
	name     string
	operands []ginauth.Permission
	evaluate evaluation
}

var _ ginauth.Permission = (*Operator)(nil)

// All is A & B.
func All(first, second ginauth.Permission) *Operator {
	return operator("All", until(false), first, second)
}

// Any is A | B.
func Any(first, second ginauth.Permission) *Operator {
	return operator("Any", until(true), first, second)
}

// Not is ~A.
func Not(p ginauth.Permission) *Operator {
	return operator("Not", negate, p)
}

func operator(name string, evaluate evaluation, operands ...ginauth.Permission) *Operator {
	if slices.Contains(operands, nil) {
		panic("drf: " + name + " was given a nil permission")
	}
	return &Operator{name, operands, evaluate}
}

// evaluation asks the operands.
type evaluation func(c *gin.Context, id *ginauth.Identity, operands []ginauth.Permission) (bool, error)

// HasPermission implements [ginauth.Permission].
func (o *Operator) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	return o.evaluate(c, id, o.operands)
}

// RequiresUser implements [ginauth.UserRequirer].
func (o *Operator) RequiresUser() bool {
	requires := func(p ginauth.Permission) bool {
		u, ok := p.(ginauth.UserRequirer)
		return ok && u.RequiresUser()
	}
	switch o.name {
	case "All":
		return requires(o.operands[0]) || requires(o.operands[1])
	case "Any":
		return requires(o.operands[0]) && requires(o.operands[1])
	}
	return false
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
func until(decisive bool) evaluation {
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
