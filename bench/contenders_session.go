package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// sessionContenders compare Django's sessions with those of libraries, which do
// not load a user.
func sessionContenders(w *world) (all []contender, omitted []string) {
	inMemory, inCookie := "scs, in memory", "gin-contrib/sessions, in the cookie"
	all = []contender{
		{name: inMemory, build: loggedIn(scsServer(func(w http.ResponseWriter, user string) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write([]byte(`{"user":"` + user + `"}`))
		}))},
		{name: inCookie, build: loggedIn(cookieServer(func(c *gin.Context, user string) {
			c.JSON(http.StatusOK, answer{user})
		}))},
	}
	databases, _ := w.databases()
	for _, on := range databases {
		all = append(all, contender{
			name: "ginauth, session, " + on.Name, beside: []string{inMemory, inCookie},
			build: func(w *world) (*site, error) {
				s, err := on.guarded(sessionOf, func(db *gorm.DB) []ginauth.Rule {
					session := policies.Session(db, policies.SessionConfig{InsecureCookie: true})
					return []ginauth.Rule{ginauth.AuthenticationClasses(session)}
				})(w)
				if err == nil {
					s.refusal = http.StatusForbidden // as Django's, without a challenge
				}
				return s, err
			},
		})
	}
	return all, nil
}

func sessionOf(a account) credential { return credential{"Cookie", "sessionid=" + a.Session, a.Name} }

// loggedIn returns a site whose users have all logged in.
func loggedIn(handler http.Handler) func(*world) (*site, error) {
	return func(w *world) (*site, error) {
		credentials := w.SQLite.credentials(func(a account) credential {
			return credential{"Cookie", logIn(handler, a.Name), a.Name}
		})
		return &site{handler, credentials, http.StatusUnauthorized}, nil
	}
}
