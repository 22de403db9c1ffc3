package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// sessionRows compares a session that is Django's row and loads its user, with
// two queries on SQLite, with libraries that keep a user's number: scs in the
// memory of the process, and gin-contrib/sessions in the cookie itself.
func sessionRows(s *store) ([]row, error) {
	class := policies.Session(s.db, policies.SessionConfig{InsecureCookie: true})
	begun, err := class.Sessions().Login(context.Background(), "", s.user)
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(class))
	engine.GET("/", nothing)
	ours := func() (func(), error) { return serve(engine, "/", "Cookie", "sessionid="+string(begun.Key)) }

	manager := scs.New()
	inMemory := manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			manager.Put(r.Context(), "user", 1)
		} else if manager.GetInt(r.Context(), "user") != 1 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	inCookie := gin.New()
	inCookie.Use(sessions.Sessions("session", cookie.NewStore([]byte(jwtSecret))))
	inCookie.GET("/login", func(c *gin.Context) {
		session := sessions.Default(c)
		session.Set("user", 1)
		_ = session.Save()
	})
	inCookie.GET("/", func(c *gin.Context) {
		if sessions.Default(c).Get("user") != 1 {
			c.AbortWithStatus(http.StatusUnauthorized)
		}
	})
	var rows []row
	for _, beside := range []struct {
		peer    string
		handler http.Handler
	}{{"scs, a number in memory", inMemory}, {"gin-contrib/sessions, a number in the cookie", inCookie}} {
		row, err := pair("session and its user, SQLite", beside.peer, ours,
			func() (func(), error) { return serve(beside.handler, "/", "Cookie", logIn(beside.handler)) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// logIn returns the cookie that a server sets at /login.
func logIn(h http.Handler) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/login", nil))
	for _, c := range w.Result().Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}
