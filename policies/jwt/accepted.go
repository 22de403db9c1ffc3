package jwt

import (
	"fmt"
	"slices"

	"github.com/ginauth/ginauth/ginauth"
)

// acceptor is an [Authenticator], or a class that embeds one.
type acceptor interface {
	accepts(kind Type, raw, cookie string) bool
}

// accepts reports whether a token of the type, in that cookie if it is in one,
// could be the credential of a request, judging by its signature and its claims,
// not by its user.
func (a *Authenticator) accepts(kind Type, raw, cookie string) bool {
	inCookie := a.config.jar != nil && a.config.jar.config.AccessName == cookie
	if !slices.Contains(a.config.Accept, kind) || cookie != "" && !inCookie {
		return false
	}
	token, err := a.config.decode(raw)
	if err != nil || token.check(kind) != nil {
		return false
	}
	_, named := token.members.get(a.config.UserIDClaim)
	return named
}

// checkAccepted returns a finding if no class accepts the tokens that the
// endpoints issue.
func (i *Issuer) checkAccepted(e Endpoints, classes []ginauth.Authenticator) error {
	cookie := ""
	if i.config.jar != nil {
		cookie = i.config.jar.config.AccessName
	}
	issued := map[Type]bool{Access: e.Pair+e.Refresh != "", Sliding: e.Sliding+e.SlidingRefresh != ""}
	for _, kind := range []Type{Access, Sliding} {
		if !issued[kind] {
			continue
		}
		now := i.config.Now()
		claims := members{text(i.config.UserIDClaim, "1")}
		raw, err := i.config.sign(i.config.draft(now, loginTime{now, true}, kind, claims))
		if err != nil {
			return fmt.Errorf("jwt: Mount: no token can be signed: %w", err)
		}
		accepted := slices.ContainsFunc(classes, func(class ginauth.Authenticator) bool {
			a, ok := class.(acceptor)
			return ok && a.accepts(kind, raw, cookie)
		})
		if !accepted {
			return fmt.Errorf("jwt: Mount: no route accepts the %s tokens that are issued: give "+
				"jwt.NewAuthenticator the same Config to the AuthenticationClasses of a route, or set "+
				"Endpoints.ForOthers if another program accepts them", kind)
		}
	}
	return nil
}
