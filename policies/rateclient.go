package policies

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/network"
	"github.com/ginauth/ginauth/internal/ratekey"
	"github.com/ginauth/ginauth/policies/rates"
)

// clients says which clients a [rateThrottle] counts, and by what.
type clients int

const (
	byAddress     clients = iota // all by address
	byUser                       // users one by one, anonymous requests by address
	anonymousOnly                // anonymous requests by address; users are not counted
	ownKeys                      // by a key of the application's own
)

// keyFunc returns the application's own key of a request; the request is not
// counted if it is empty.
type keyFunc func(c *gin.Context, id *ginauth.Identity) (string, error)

// counterOf returns the counter of a request: that of the class or, with
// scopes, that of the route's scope. Routes without a scope are not counted.
func (t *rateThrottle) counterOf(c *gin.Context) (by counter, counted bool, err error) {
	if t.scopes == nil {
		return t.all, true, nil
	}
	scope := ginauth.ThrottleScopeOf(c)
	if scope == "" {
		return counter{}, false, nil
	}
	by, ok := t.scopes[scope]
	if !ok {
		return counter{}, false, fmt.Errorf("no rate for the scope %s: add it to %s", scope, t.name)
	}
	return by, true, nil
}

// keyOf returns the key of a request's client in the named counter.
func (t *rateThrottle) keyOf(by string, c *gin.Context, id *ginauth.Identity) (key rates.Key, counted bool, err error) {
	switch {
	case t.clients == ownKeys:
		text, err := t.key(c, id)
		if err != nil || text == "" {
			return rates.Key{}, false, err
		}
		return rates.Key(ratekey.OfOwn(by, text)), true, nil
	case t.usesAddress(id):
		return t.addressKey(by, c), true, nil
	case t.clients == byUser:
		key, err = userKey(by, id.User, &t.users)
		return key, err == nil, err
	}
	return rates.Key{}, false, nil // of a user, and only anonymous requests are counted
}

// usesAddress reports whether the requests of a client are counted by address.
func (t *rateThrottle) usesAddress(id *ginauth.Identity) bool {
	return t.clients == byAddress || t.clients != ownKeys && !id.Authenticated()
}

// addressKey returns the key of a request's address in the named counter.
func (t *rateThrottle) addressKey(by string, c *gin.Context) rates.Key {
	if t.config.Address != nil {
		return rates.Key(ratekey.OfAddressText(by, t.config.Address(c)))
	}
	client := network.Of(ginauth.ClientAddress(c), 32, t.config.IPv6Prefix)
	return rates.Key(ratekey.OfAddress(by, client.Addr()))
}
