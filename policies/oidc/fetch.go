package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	discoveryPath = "/.well-known/openid-configuration"
	maxBodyBytes  = 1 << 20
	maxRedirects  = 3
)

// fetcher fetches an issuer's keys. Its errors contain nothing of an answer
// except the issuer that it names, and nothing of a URL except its host and
// path.
type fetcher struct {
	client http.Client
	config Config
}

func newFetcher(config Config) *fetcher {
	return &fetcher{config: config, client: http.Client{Transport: config.Transport, CheckRedirect: sameHost}}
}

// sameHost allows redirects only within one host, since the configuration names
// no other.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case next.URL.Scheme != first.Scheme || next.URL.Host != first.Host:
		return errors.New("it redirects to another host")
	}
	return nil
}

// fetch returns the keys that the issuer publishes now.
func (f *fetcher) fetch(ctx context.Context) (keySet, error) {
	ctx, cancel := context.WithTimeout(ctx, f.config.Timeout)
	defer cancel()
	address := f.config.JWKSURL
	if address == "" {
		var err error
		if address, err = f.discover(ctx); err != nil {
			return nil, fmt.Errorf("configuration of the issuer: %w", err)
		}
	}
	text, err := f.get(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("keys of the issuer: %w", err)
	}
	keys, err := parseKeySet(text, f.config.Algorithms)
	if err != nil {
		return nil, fmt.Errorf("keys of the issuer: %w", err)
	}
	return keys, nil
}

// discover returns the address of the keys (OpenID Connect Discovery section
// 4). The document must be the issuer's own: that of another issuer would
// supply the other issuer's keys.
func (f *fetcher) discover(ctx context.Context) (address string, err error) {
	base := strings.Replace(f.config.Issuer, placeholder, anyTenant, 1)
	text, err := f.get(ctx, strings.TrimSuffix(base, "/")+discoveryPath)
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	switch err := json.Unmarshal(text, &document); {
	case err != nil:
		return "", errors.New("it is not a JSON object")
	case document.Issuer != f.config.Issuer:
		return "", fmt.Errorf("it is the one of %q, not of %q", clipped(document.Issuer), f.config.Issuer)
	}
	if err := checkURL(document.JWKSURI, f.config.local()); err != nil {
		return "", fmt.Errorf("its jwks_uri %w", err)
	}
	return document.JWKSURI, nil
}

// get reads the body of an answer with status 200, unless it is too long.
func (f *fetcher) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	body, err := f.do(request)
	if err != nil {
		return nil, fmt.Errorf("GET %s%s: %w", request.URL.Host, request.URL.Path, err)
	}
	return body, nil
}

func (f *fetcher) do(request *http.Request) ([]byte, error) {
	answer, err := f.client.Do(request)
	if wrapper, ok := errors.AsType[*url.Error](err); ok {
		return nil, wrapper.Err // without the URL
	}
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBodyBytes+1))
	if err == nil && len(body) > maxBodyBytes {
		err = fmt.Errorf("it is longer than %d bytes", maxBodyBytes)
	}
	return body, err
}

// clipped returns as much of a text as a log needs.
func clipped(s string) string { return s[:min(len(s), 200)] }
