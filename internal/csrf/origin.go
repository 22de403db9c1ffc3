package csrf

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Failure is the reason why a request is refused.
type Failure struct {
	Detail string // for the client, in Django's words
	Cause  string // for the log; contains nothing the client sent
}

// Site describes the pages that may make unsafe requests.
type Site struct {
	Trusted      []Origin // besides the request's own host
	PlainHTTP    bool     // cookies travel over plain HTTP too
	IgnoreOrigin bool     // as Django before 4.0, which does not look at the header Origin
	OneReason    bool     // as Django before 4.0, which has one text for all wrong tokens
}

// Check determines where a request comes from: by the header Origin or, without
// one and over HTTPS, by Referer. It returns nil for a page of the site.
//
// Unless PlainHTTP is set, the cookies do not travel over plain HTTP. A request
// that has them was therefore sent over HTTPS, whether TLS ends here or at a
// proxy, and no header of a proxy has to be believed.
func (s Site) Check(r *http.Request) *Failure {
	scheme := "https"
	if s.PlainHTTP && r.TLS == nil {
		scheme = "http"
	}
	if origins := r.Header["Origin"]; len(origins) > 0 && !s.IgnoreOrigin {
		origin := strings.Join(origins, ",")
		if !s.trusts(scheme+"://"+r.Host, origin) {
			detail := "Origin checking failed - " + origin + " does not match any trusted origins."
			return &Failure{detail, "foreign Origin"}
		}
		return nil
	}
	if scheme != "https" {
		return nil
	}
	return s.checkReferer(r)
}

// trusts reports whether an origin is the site's own or a trusted one.
func (s Site) trusts(own, origin string) bool {
	if origin == own {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && s.trustsHost(u.Scheme, u.Host)
}

func (s Site) trustsHost(scheme, host string) bool {
	for _, o := range s.Trusted {
		if o.covers(scheme, host) {
			return true
		}
	}
	return false
}

// checkReferer is strict, because an attacker who controls the network can
// plant cookies and a form through a page of plain HTTP.
func (s Site) checkReferer(r *http.Request) *Failure {
	const failed = "Referer checking failed - "
	lines := r.Header["Referer"]
	if len(lines) == 0 {
		return &Failure{failed + "no Referer.", "no Referer"}
	}
	referer := strings.Join(lines, ",")
	u, err := url.Parse(referer)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return &Failure{failed + "Referer is malformed.", "malformed Referer"}
	case u.Scheme != "https":
		return &Failure{failed + "Referer is insecure while host is secure.", "insecure Referer"}
	case u.User == nil && (u.Host == r.Host || s.trustsHost(u.Scheme, u.Host)):
		return nil
	}
	return &Failure{failed + referer + " does not match any trusted origins.", "foreign Referer"}
}

// Origin is a scheme and a host. A host that begins with a full stop stands for
// the host behind it and all hosts below.
type Origin struct{ scheme, host string }

// ParseOrigin parses an origin in the format of Django 4.0, such as
// "https://app.example.com" or "https://*.example.com".
func ParseOrigin(text string) (Origin, error) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Scheme == "" || u.Host == "" ||
		u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Origin{}, fmt.Errorf("TrustedOrigins are like https://example.com or https://*.example.com, "+
			"not %s", text)
	}
	host, all := strings.CutPrefix(u.Host, "*")
	if strings.Contains(host, "*") || all && !strings.HasPrefix(host, ".") {
		return Origin{}, fmt.Errorf("in TrustedOrigins only a whole first label can be *, not %s", text)
	}
	return Origin{u.Scheme, host}, nil
}

// covers is Django's is_same_domain.
func (o Origin) covers(scheme, host string) bool {
	if apex, below := strings.CutPrefix(o.host, "."); below {
		return o.scheme == scheme && (host == apex || strings.HasSuffix(host, o.host))
	}
	return o.scheme == scheme && o.host == host
}
