package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/ginauth/ginauth/models"
)

// settings holds the configuration from the environment.
type settings struct {
	databaseURL string
	redisURL    string // empty: each process counts its own requests
	addr        string

	secretKey models.Secret
	drain     time.Duration // between readiness and the listener

	generatedKey    bool // SECRET_KEY is not set; the key ends with the process
	insecureCookies bool // browsers send the cookies over plain HTTP too
}

// readSettings reads the environment. An unclear value is an error;
// readSettings does not guess.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{
		databaseURL: cmp.Or(getenv("DATABASE_URL"), "example_app.db"),
		redisURL:    getenv("REDIS_URL"),
		addr:        cmp.Or(getenv("ADDR"), "127.0.0.1:8080"),
		secretKey:   models.Secret(getenv("SECRET_KEY")),
	}
	if s.secretKey == "" {
		s.secretKey, s.generatedKey = models.Secret(rand.Text()), true
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return settings{}, fmt.Errorf("ADDR: %w", err)
	}
	s.insecureCookies = isLoopback(host)
	if choice := getenv("INSECURE_COOKIES"); choice != "" {
		if s.insecureCookies, err = strconv.ParseBool(choice); err != nil {
			return settings{}, errors.New("INSECURE_COOKIES must be true or false")
		}
	}
	if wait := getenv("DRAIN"); wait != "" {
		if s.drain, err = time.ParseDuration(wait); err != nil || s.drain < 0 {
			return settings{}, errors.New("DRAIN must be a time such as 5s")
		}
	}
	return s, nil
}

// isLoopback reports whether only programs on this machine can reach a host. An
// empty host stands for every address.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// notices returns what the operator should know about the application's
// sessions.
func (s settings) notices() (lines []string) {
	if s.generatedKey {
		lines = append(lines, "SECRET_KEY is not set: sessions are this process's own, and end with it.")
	}
	if s.insecureCookies {
		return append(lines, "Cookies travel over plain HTTP too. "+
			"Behind a proxy that speaks HTTPS set INSECURE_COOKIES=false.")
	}
	return append(lines, "Cookies travel over HTTPS only: browsers cannot log in here without a proxy that speaks it.")
}
