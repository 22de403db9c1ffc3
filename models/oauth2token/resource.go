package oauth2token

import (
	"errors"
	"net/url"
	"path"
	"strings"
)

// place is a URL in a form that can be compared.
type place struct {
	origin string // scheme, host and port
	path   string // without dot segments, begins and ends with a slash
}

// admits reports whether tokens that are restricted to some resources may be
// used here (RFC 8707; validate_resource_as_url_prefix, asked about the API and
// not about the URL of each request). No resources are no restriction.
// Otherwise one of them must be this place or a URL above it.
func (here place) admits(resources []string) bool {
	for _, text := range resources {
		there, err := parseResource(text)
		if err == nil && there.origin == here.origin && strings.HasPrefix(here.path, there.path) {
			return true
		}
	}
	return len(resources) == 0
}

var errNotURL = errors.New("it must be a URL with a scheme and a host, without a user and a fragment, " +
	"such as https://api.example.com/v1")

func parseResource(text string) (place, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || strings.Contains(text, "#") {
		return place{}, errNotURL
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme] // url.Parse makes it lower case
	}
	dir := path.Clean("/" + u.EscapedPath())
	return place{
		origin: u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port,
		path:   strings.TrimSuffix(dir, "/") + "/",
	}, nil
}
