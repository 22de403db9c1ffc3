package policies

import (
	"net/http"
	"net/url"
	"strings"
)

// checkOrigin determines where a request comes from: by the header Origin or,
// without one and over HTTPS, by Referer.
//
// Without [SessionConfig.InsecureCookie] the cookies do not travel over plain
// HTTP. A request that has them was therefore sent over HTTPS, whether TLS ends
// here or at a proxy, and no header of a proxy has to be believed.
func (s *sessionSite) checkOrigin(r *http.Request) error {
	scheme := "https"
	if s.config.InsecureCookie && r.TLS == nil {
		scheme = "http"
	}
	if origins := r.Header["Origin"]; len(origins) > 0 && !s.config.InsecureIgnoreOrigin {
		origin := strings.Join(origins, ",")
		if !s.trusts(scheme+"://"+r.Host, origin) {
			return csrfFailed("Origin checking failed - "+origin+" does not match any trusted origins.", "foreign Origin")
		}
		return nil
	}
	if scheme != "https" {
		return nil
	}
	return s.checkReferer(r)
}

// trusts reports whether an origin is the site's own or a trusted one.
func (s *sessionSite) trusts(own, origin string) bool {
	if origin == own {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && s.trustsHost(u.Scheme, u.Host)
}

func (s *sessionSite) trustsHost(scheme, host string) bool {
	for _, o := range s.origins {
		if o.covers(scheme, host) {
			return true
		}
	}
	return false
}

// checkReferer is strict, because an attacker who controls the network can
// plant cookies and a form through a page of plain HTTP.
func (s *sessionSite) checkReferer(r *http.Request) error {
	const failed = "Referer checking failed - "
	lines := r.Header["Referer"]
	if len(lines) == 0 {
		return csrfFailed(failed+"no Referer.", "no Referer")
	}
	referer := strings.Join(lines, ",")
	u, err := url.Parse(referer)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return csrfFailed(failed+"Referer is malformed.", "malformed Referer")
	case u.Scheme != "https":
		return csrfFailed(failed+"Referer is insecure while host is secure.", "insecure Referer")
	case u.User == nil && (u.Host == r.Host || s.trustsHost(u.Scheme, u.Host)):
		return nil
	}
	return csrfFailed(failed+referer+" does not match any trusted origins.", "foreign Referer")
}
