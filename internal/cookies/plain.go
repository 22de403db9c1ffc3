package cookies

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// plainHTTP explains what happens to a site whose cookies are Secure and that
// is reached over plain HTTP. Browsers drop the cookies, and Django's answers,
// such as "Referer checking failed", do not say so.
func (s *Site) plainHTTP() string {
	return fmt.Sprintf("the cookies of %s are Secure, "+
		"so over plain HTTP browsers drop them and unsafe requests are refused: "+
		"set %s{InsecureCookie: true} for development; "+
		"in production serve HTTPS, or name the proxy that does with SetTrustedProxies "+
		"and let it send X-Forwarded-For and X-Forwarded-Proto: https", s.config.Owner, s.config.Setting)
}

// plainWarning is logged once for a site, however many of its requests are
// refused.
type plainWarning struct{ once sync.Once }

// warnOfPlainHTTP tells the operator, not the client, why requests are refused.
// It does not change the refusal.
func (s *Site) warnOfPlainHTTP(c *gin.Context) {
	if s.config.InsecureCookie || overHTTPS(c) {
		return
	}
	s.plain.once.Do(func() {
		s.config.Logger.WarnContext(c.Request.Context(), "ginauth: a request came over plain HTTP: "+s.plainHTTP())
	})
}

// overHTTPS reports whether the client speaks HTTPS, with this server or with a
// trusted proxy. It decides about a line in the log and nothing else.
func overHTTPS(c *gin.Context) bool {
	if c.Request.TLS != nil {
		return true
	}
	proto, _, _ := strings.Cut(c.GetHeader("X-Forwarded-Proto"), ",")
	return strings.EqualFold(strings.TrimSpace(proto), "https") && throughProxy(c)
}

// throughProxy reports whether the peer is a proxy that is trusted to describe
// the client.
func throughProxy(c *gin.Context) bool {
	peer, err := netip.ParseAddr(c.RemoteIP())
	return err == nil && ginauth.ClientAddress(c) != peer.Unmap().WithZone("")
}

// warnOfLostCookie warns when a page of plain HTTP is sent a cookie that its
// browser drops.
func (s *Site) warnOfLostCookie(c *gin.Context) {
	if strings.HasPrefix(c.GetHeader("Origin"), "http://") || strings.HasPrefix(c.GetHeader("Referer"), "http://") {
		s.warnOfPlainHTTP(c)
	}
}

// CheckPlain returns what is wrong with Secure cookies in Gin's debug mode, in
// which servers speak plain HTTP, or nil.
func (s *Site) CheckPlain() error {
	if s.config.InsecureCookie || !gin.IsDebugging() {
		return nil
	}
	return errors.New("debug mode of Gin: " + s.plainHTTP() + "; " +
		"where development has HTTPS too, call gin.SetMode(gin.ReleaseMode)")
}
