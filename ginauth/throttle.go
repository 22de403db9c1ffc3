package ginauth

import (
	"reflect"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// throttle asks every throttle until one fails, so that each counts the
// request, and returns the refusal with the longest known wait, or nil (DRF:
// check_throttles). The credential's own throttle, which may be nil, is asked
// last, and only if the others let the request pass: its quota is for what is
// served.
func (b *binding) throttle(c *gin.Context, id *Identity, own Throttle, d *decision) *Error {
	t := admissions{quotaHeaders: b.auth.rateLimitHeaders}
	for _, class := range b.policy.throttles {
		e := t.ask(class, c, id)
		d.throttle(class, t.admitted, e)
		if e != nil {
			return e
		}
	}
	if own != nil && t.refusing == nil {
		e := t.askOnce(own, c, id)
		d.throttle(credentialQuota{}, t.admitted, e)
		if e != nil {
			return e
		}
	}
	writeQuotas(c, t.quotas)
	return t.refusal()
}

// admissions is what the throttles of a request have answered so far.
type admissions struct {
	quotaHeaders bool

	admitted bool // by the one asked last
	refusing Throttle
	longest  time.Duration
	quotas   []Quota
}

// spent is what the throttle of a credential has admitted.
type spent struct {
	class   reflect.Type
	subject string
	quotas  []Quota
}

// askOnce asks the throttle of a credential, unless it has admitted the request
// before: the guard of the NoRoute handlers decides about a request that the
// guard of a route for files has let pass.
func (t *admissions) askOnce(own Throttle, c *gin.Context, id *Identity) *Error {
	class, subject := reflect.TypeOf(own), id.Subject()
	if value, ok := c.Get(spentKey); ok {
		if before := value.(*spent); before.class == class && before.subject == subject {
			t.admitted, t.quotas = true, append(t.quotas, before.quotas...)
			return nil
		}
	}
	others := len(t.quotas)
	e := t.ask(own, c, id)
	if e == nil && t.admitted {
		c.Set(spentKey, &spent{class, subject, slices.Clone(t.quotas[others:])})
	}
	return e
}

func (t *admissions) ask(class Throttle, c *gin.Context, id *Identity) *Error {
	d, err := class.Allow(c, id)
	if err != nil {
		return failure(class, err)
	}
	t.record(class, d)
	return nil
}

// record adds the answer of a throttle.
func (t *admissions) record(class Throttle, d Admission) {
	t.admitted = d.Allowed
	if !d.Allowed {
		t.refusing, t.longest = class, max(t.longest, d.Wait)
	}
	if t.quotaHeaders && d.Quota != (Quota{}) {
		t.quotas = append(t.quotas, d.Quota)
	}
}

// refusal returns the refusal with the longest known wait, or nil.
func (t *admissions) refusal() *Error {
	if t.refusing == nil {
		return nil
	}
	e := Throttled().Because(refusedBy{class: t.refusing})
	if t.longest > 0 {
		return e.AvailableIn(t.longest)
	}
	return e
}
