package policies

import (
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// answer is what a permission says. Before the object is known it may depend on
// the object. The order is that of Kleene's logic: All is the least of its
// operands' answers, Any the greatest, and Not reverses the order.
type answer int

const (
	no answer = iota
	depends
	yes
)

// verdict is an answer with the permission that refused, if it is no.
type verdict struct {
	answer   answer
	refusing ginauth.Permission
}

// passesObject is the HasObjectPermission of a [ginauth.Decider]. Without an
// object it is an error, since the question would be about the request.
func passesObject(p ginauth.Decider, c *gin.Context, id *ginauth.Identity, obj any) (bool, error) {
	if obj == nil {
		return false, fmt.Errorf("policies: %s was asked about an object, and given nil", ginauth.Name(p))
	}
	return ginauth.Question{Context: c, Identity: id, Object: obj}.Passes(p)
}

// question is put to permissions, which are asked with limits.
type question struct {
	ginauth.Question
	limits
}

// decide returns the permission that refused, or nil. If a limited credential
// is refused only because alternatives without a scope do not count, the
// refusal is an error, which a permission around p cannot invert.
func (q question) decide(p *composed) (ginauth.Permission, error) {
	q.limits = limitsOf(q.Identity)
	v, err := q.ask(p)
	if err != nil || v.answer != no || !q.narrow() {
		return v.refusing, err
	}
	q.wide = true
	wide, err := q.ask(p)
	if err == nil && wide.answer != no {
		err = ginauth.InsufficientScope().Because(ginauth.ErrUnscopedBranch)
	}
	return v.refusing, err
}

// ask returns the answer of a permission. It looks into those of this package,
// so that a Not around them can ask for the other limits.
func (q question) ask(p ginauth.Permission) (verdict, error) {
	if q.lacks(p) {
		return verdict{no, p}, nil
	}
	switch p := p.(type) {
	case *composed:
		return q.combine(p)
	case *reworded:
		v, err := q.ask(p.permission)
		v.refusing, err = p.tell(v.refusing, err)
		return v, err
	}
	return q.askOne(p)
}

// askOne asks a class that is not composed here. About an object, the class
// must let the request pass and the object too.
func (q question) askOne(p ginauth.Permission) (verdict, error) {
	refusing, err := ginauth.Question{Context: q.Context, Identity: q.Identity}.Ask(p)
	if q.Object != nil && refusing == nil && err == nil {
		refusing, err = q.Question.Ask(p)
	}
	switch {
	case errors.Is(err, ginauth.ErrUnscopedBranch) && !q.narrow():
		return verdict{answer: yes}, nil
	case errors.Is(err, ginauth.ErrUnscopedBranch):
		return verdict{no, p}, nil
	case err != nil:
		return verdict{}, err
	case refusing != nil:
		return verdict{no, refusing}, nil
	case q.Object == nil && ginauth.HasObjectRule(p):
		return verdict{answer: depends}, nil
	}
	return verdict{answer: yes}, nil
}

func (q question) combine(p *composed) (verdict, error) {
	switch p.operator {
	case all:
		return q.all(p)
	case anyOf:
		return q.any(p)
	}
	return q.not(p)
}

func (q question) all(p *composed) (verdict, error) {
	least := verdict{answer: yes}
	for _, operand := range p.operands {
		v, err := q.ask(operand)
		if err != nil || v.answer == no {
			return v, err
		}
		least.answer = min(least.answer, v.answer)
	}
	return least, nil
}

func (q question) any(p *composed) (verdict, error) {
	greatest := verdict{answer: no, refusing: p}
	for _, operand := range q.alternatives(p) {
		v, err := q.ask(operand)
		if err != nil || v.answer == yes {
			return v, err
		}
		greatest.answer = max(greatest.answer, v.answer)
		if v.answer == no {
			greatest.refusing = louder(greatest.refusing, v.refusing, p)
		}
	}
	if greatest.answer != no {
		greatest.refusing = nil
	}
	return greatest, nil
}

func (q question) not(p *composed) (verdict, error) {
	q.limits = q.inverse()
	v, err := q.ask(p.operands[0])
	if err != nil {
		return verdict{}, err
	}
	if v.answer == yes {
		return verdict{no, p}, nil
	}
	return verdict{answer: yes - v.answer}, nil
}

// louder returns which of two refusals of an Any the client is told: one that
// conceals, else the first that has a message or a code, else the Any itself.
func louder(first, second, whole ginauth.Permission) ginauth.Permission {
	switch {
	case conceals(first):
		return first
	case conceals(second), first == whole && speaks(second):
		return second
	}
	return first
}

// speaks reports whether a permission has a message or a code of its own.
func speaks(p ginauth.Permission) bool {
	d, ok := p.(ginauth.Denial)
	return ok && (d.Message() != nil || d.Code() != "")
}

func conceals(p ginauth.Permission) bool {
	hidden, ok := p.(ginauth.Concealer)
	return ok && hidden.Conceals()
}
