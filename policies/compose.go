package policies

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// Composed is a permission made of others by [All], [Any] or [Not]. A failure of one that is asked is a failure of the whole: it
// is neither a no that Not could turn into a yes, nor passed over for the next.
type Composed struct {
	denial
	operator operator
	operands []ginauth.Permission
}

// operator says which of the operands refuses a request, or nil.
type operator struct {
	name   string
	decide func(p *Composed, c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error)
}

var (
	_ ginauth.Permission = (*Composed)(nil)
	_ ginauth.Decider    = (*Composed)(nil)
)

// All lets a request pass if every permission does; they are asked in order until one refuses (DRF: A & B). The client is told
// what that one says.
func All(first, second ginauth.Permission, more ...ginauth.Permission) *Composed {
	return compose(operator{"All", (*Composed).all}, append([]ginauth.Permission{first, second}, more...))
}

// Any lets a request pass if one of the permissions does; they are asked in order until one agrees (DRF: A | B). If none does,
// the client is told what the first says that has something to say.
func Any(first, second ginauth.Permission, more ...ginauth.Permission) *Composed {
	return compose(operator{"Any", (*Composed).any}, append([]ginauth.Permission{first, second}, more...))
}

// Not lets a request pass if the permission refuses it (DRF: ~A).
func Not(p ginauth.Permission) *Composed {
	return compose(operator{"Not", (*Composed).not}, []ginauth.Permission{p})
}

func compose(op operator, operands []ginauth.Permission) *Composed {
	for _, p := range operands {
		if p == nil {
			panic("policies: " + op.name + " was given a nil permission")
		}
	}
	return &Composed{operator: op, operands: operands}
}

// WithDenial returns a copy that tells the client this message and code when it refuses, in place of its operands' own. A nil
// message or an empty code stands for DRF's.
func (p *Composed) WithDenial(message any, code string) *Composed {
	q := *p
	q.denial = denial{message, code}
	return &q
}

// HasPermission implements [ginauth.Permission].
func (p *Composed) HasPermission(c *gin.Context, id *ginauth.Identity) (bool, error) {
	refusing, err := p.Decide(c, id)
	return refusing == nil && err == nil, err
}

// Decide implements [ginauth.Decider]: it returns the permission that refused, or nil.
func (p *Composed) Decide(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	refusing, err := p.operator.decide(p, c, id)
	if refusing != nil && speaks(p) {
		return p, err
	}
	return refusing, err
}

func (p *Composed) all(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	for _, operand := range p.operands {
		if refusing, err := ginauth.Decide(operand, c, id); refusing != nil || err != nil {
			return refusing, err
		}
	}
	return nil, nil
}

func (p *Composed) any(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	var speaker ginauth.Permission = p
	for _, operand := range p.operands {
		refusing, err := ginauth.Decide(operand, c, id)
		if refusing == nil || err != nil {
			return nil, err
		}
		if speaker == p && speaks(refusing) {
			speaker = refusing
		}
	}
	return speaker, nil
}

func (p *Composed) not(c *gin.Context, id *ginauth.Identity) (ginauth.Permission, error) {
	refusing, err := ginauth.Decide(p.operands[0], c, id)
	if refusing != nil || err != nil {
		return nil, err
	}
	return p, nil
}

// RequiresUser implements [ginauth.UserRequirer].
func (p *Composed) RequiresUser() bool {
	requires := func(operand ginauth.Permission) bool {
		u, ok := operand.(ginauth.UserRequirer)
		return ok && u.RequiresUser()
	}
	switch p.operator.name {
	case "All":
		return slices.ContainsFunc(p.operands, requires)
	case "Any":
		return !slices.ContainsFunc(p.operands, func(o ginauth.Permission) bool { return !requires(o) })
	}
	return false
}

// String returns the expression, e.g. "Any(IsAdminUser, InGroup(editors))".
func (p *Composed) String() string {
	parts := make([]string, len(p.operands))
	for i, operand := range p.operands {
		parts[i] = ginauth.Name(operand)
	}
	return p.operator.name + "(" + strings.Join(parts, ", ") + ")"
}

// speaks reports whether a permission has something of its own to tell the client.
func speaks(p ginauth.Permission) bool {
	d, ok := p.(ginauth.Denial)
	return ok && (d.Message() != nil || d.Code() != "")
}

// denial implements [ginauth.Denial].
type denial struct {
	message any
	code    string
}

func (d denial) Message() any { return d.message }
func (d denial) Code() string { return d.code }
