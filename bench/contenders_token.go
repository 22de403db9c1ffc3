package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
)

const (
	bareGin     = "bare Gin"
	cacheByHand = "a cache by hand"
)

// connections is the number that each pool has, database.Open's default on
// PostgreSQL.
const connections = 16

func tokenContenders(w *world) (all []contender, omitted []string) {
	databases, omitted := w.databases()
	all = []contender{
		{name: bareGin, build: func(w *world) (*site, error) {
			user := &models.User{Username: "user0"}
			s := byMiddleware([]credential{{User: user.Username}}, func(c *gin.Context) {
				c.Set("user", user)
			})
			s.refusal = 0
			return s, nil
		}},
		{name: cacheByHand, beside: []string{bareGin}, build: func(w *world) (*site, error) {
			return byMiddleware(w.SQLite.credentials(tokenOf), handCache(w.SQLite)), nil
		}},
	}
	for _, on := range databases {
		byHand := "pgx by hand, " + on.Name
		driver := func(*gorm.DB) (gin.HandlerFunc, error) { return byPgx(on.URL, connections) }
		if on == w.SQLite {
			byHand, driver = "a prepared statement by hand, "+on.Name, prepared
		}
		byJoins := func(db *gorm.DB) (gin.HandlerFunc, error) { return joins(db), nil }
		byPreload := func(db *gorm.DB) (gin.HandlerFunc, error) { return preload(db), nil }
		joined, preloaded := "GORM Joins, "+on.Name, "GORM Preload, "+on.Name
		others := []string{byHand, joined, preloaded}
		if on == w.Postgres {
			alike := "the same statement by database/sql, " + on.Name
			all = append(all, contender{name: alike, build: on.byHand(preparedAlike)})
			others = append(others, alike, django)
		}
		all = append(all,
			contender{name: byHand, build: on.byHand(driver)},
			contender{name: joined, build: on.byHand(byJoins)},
			contender{name: preloaded, build: on.byHand(byPreload)},
			contender{
				name: tokenName(on), beside: others,
				build: on.guarded(tokenOf, func(db *gorm.DB) []ginauth.Rule {
					return []ginauth.Rule{ginauth.AuthenticationClasses(policies.Token(db))}
				}),
			},
			contender{
				name: cachedName(on), beside: append([]string{bareGin, cacheByHand}, others...),
				build: on.guarded(tokenOf, func(db *gorm.DB) []ginauth.Rule {
					return []ginauth.Rule{ginauth.AuthenticationClasses(cached(db))}
				}),
			},
		)
	}
	return all, omitted
}

func tokenName(on *stored) string  { return "ginauth, token, " + on.Name }
func cachedName(on *stored) string { return "ginauth, token, cached, " + on.Name }

// cached returns the authenticator of a token that is looked up once an hour.
func cached(db *gorm.DB) ginauth.Authenticator {
	return authcache.New(policies.Token(db), authcache.Config{MaxStaleness: time.Hour})
}

// guarded returns a site with a policy.
func (s *stored) guarded(
	credentialOf func(account) credential, policy func(*gorm.DB) []ginauth.Rule,
) func(*world) (*site, error) {
	return func(*world) (*site, error) {
		db, err := opened(s.URL)
		if err != nil {
			return nil, err
		}
		return guardedSite(s.credentials(credentialOf), policy(db)...)
	}
}

func guardedSite(credentials []credential, policy ...ginauth.Rule) (*site, error) {
	engine := gin.New()
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	auth := ginauth.New(engine)
	auth.With(engine, policy...).GET("/", me)
	return &site{engine, credentials, http.StatusUnauthorized}, nil
}

// byHand returns a site with a middleware instead.
func (s *stored) byHand(middleware func(*gorm.DB) (gin.HandlerFunc, error)) func(*world) (*site, error) {
	return func(*world) (*site, error) {
		db, err := opened(s.URL)
		if err != nil {
			return nil, err
		}
		handler, err := middleware(db)
		if err != nil {
			return nil, err
		}
		return byMiddleware(s.credentials(tokenOf), handler), nil
	}
}

func byMiddleware(credentials []credential, handlers ...gin.HandlerFunc) *site {
	engine := gin.New()
	engine.GET("/", append(handlers, me)...)
	return &site{engine, credentials, http.StatusUnauthorized}
}

// handCache returns the middleware [handWritten] for the users of a database.
func handCache(s *stored) gin.HandlerFunc {
	users := map[string]*models.User{}
	for _, a := range s.Accounts {
		users[a.Token] = &models.User{ID: a.ID, Username: a.Name, IsActive: true}
	}
	return handWritten(users)
}

// me answers with the name of the user.
func me(c *gin.Context) { c.JSON(http.StatusOK, answer{nameOf(c)}) }

// nameOf returns the name of the user, whichever middleware has found it.
func nameOf(c *gin.Context) string {
	switch user := c.MustGet("user").(type) {
	case *models.User:
		return user.Username
	case *jwt.TokenUser:
		return user.Subject()
	case *claims:
		return strconv.FormatInt(user.UserID, 10)
	case float64: // gin-jwt's
		return strconv.FormatInt(int64(user), 10)
	default:
		return fmt.Sprintf("%T", user)
	}
}

type answer struct {
	User string `json:"user"`
}
