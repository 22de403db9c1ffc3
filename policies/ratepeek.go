package policies

import (
	"reflect"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/rates"
)

var _ ginauth.Peeker = (*rateThrottle)(nil)

// Peek implements [ginauth.Peeker]. It cannot tell if the store cannot, if the
// request lacks the address by which it is or may be counted, or if the store
// fails and FailOpen admits the request.
func (t *rateThrottle) Peek(
	c *gin.Context, id *ginauth.Identity,
) (a ginauth.Admission, known bool, err error) {
	by, key, counted, err := t.counted(c, id)
	if err != nil || !counted {
		return ginauth.Admission{Allowed: err == nil}, err == nil, err
	}
	if c.Request.RemoteAddr == "" && (t.clients == ownKeys || t.usesAddress(id)) {
		return ginauth.Admission{}, false, nil
	}
	earlier := peeksOf(c)
	others := earlier.in(t.config.Store, key)
	rate := by.rate
	rate.Limit = max(0, rate.Limit-others)
	tally, known, err := t.config.Store.Peek(c.Request.Context(), key, rate)
	switch {
	case err != nil && t.passesUncounted(c):
		return ginauth.Admission{}, false, nil
	case err != nil || !known:
		return ginauth.Admission{}, false, err
	}
	tally.Stored += others
	if !tally.Admitted && rate.Limit == 0 {
		tally.Wait = by.rate.Period // earlier classes alone fill the log, for a whole period
	}
	if tally.Admitted {
		c.Set(peeksKey{}, append(earlier, peek{t.config.Store, key}))
	}
	return by.decision(tally), true, nil
}

// peek is a request that an earlier class would have stored. Classes that share
// its log count it.
type peek struct {
	store rates.Store
	key   rates.Key
}

type peeks []peek

type peeksKey struct{}

func peeksOf(c *gin.Context) peeks {
	value, _ := c.Get(peeksKey{})
	earlier, _ := value.(peeks)
	return earlier
}

// in returns how many of the peeks are in the log of a key.
func (ps peeks) in(store rates.Store, key rates.Key) (n int) {
	for _, p := range ps {
		if p.key == key && sameStore(p.store, store) {
			n++
		}
	}
	return n
}

// sameStore reports whether two stores are one. Stores that cannot be compared are
// taken for different ones.
func sameStore(a, b rates.Store) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
