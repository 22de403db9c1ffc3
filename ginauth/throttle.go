package ginauth

import (
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
		e := t.ask(own, c, id)
		d.throttle(credentialQuota{}, t.admitted, e)
		if e != nil {
			return e
		}
	}
	writeQuotas(c, t.quotas)
	if t.refusing == nil {
		return nil
	}
	e := Throttled().Because(refusedBy{class: t.refusing})
	if t.longest > 0 {
		return e.AvailableIn(t.longest)
	}
	return e
}

// admissions is what the throttles of a request have answered so far.
type admissions struct {
	quotaHeaders bool

	admitted bool // by the one asked last
	refusing Throttle
	longest  time.Duration
	quotas   []Quota
}

func (t *admissions) ask(class Throttle, c *gin.Context, id *Identity) *Error {
	d, err := class.Allow(c, id)
	if err != nil {
		return failure(class, err)
	}
	t.admitted = d.Allowed
	if !d.Allowed {
		t.refusing, t.longest = class, max(t.longest, d.Wait)
	}
	if t.quotaHeaders && d.Quota != (Quota{}) {
		t.quotas = append(t.quotas, d.Quota)
	}
	return nil
}
