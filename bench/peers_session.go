package main

import (
	"net/http"
	"net/http/httptest"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
)

// scsServer keeps the user's name in the memory of the process. It logs users
// in at /login?user=NAME, and elsewhere answers those that have a session.
func scsServer(answer func(w http.ResponseWriter, user string)) http.Handler {
	manager := scs.New()
	return manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			manager.Put(r.Context(), "user", r.URL.Query().Get("user"))
			return
		}
		user := manager.GetString(r.Context(), "user")
		if user == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, user)
	}))
}

// cookieServer is [scsServer] with gin-contrib/sessions, which keeps the name in
// the cookie.
func cookieServer(answer func(c *gin.Context, user string)) http.Handler {
	engine := gin.New()
	engine.Use(sessions.Sessions("session", cookie.NewStore([]byte(jwtSecret))))
	engine.GET("/login", func(c *gin.Context) {
		session := sessions.Default(c)
		session.Set("user", c.Query("user"))
		_ = session.Save()
	})
	engine.GET("/", func(c *gin.Context) {
		user, ok := sessions.Default(c).Get("user").(string)
		if !ok {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		answer(c, user)
	})
	return engine
}

// logIn returns the cookie that a server sets at /login.
func logIn(h http.Handler, user string) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/login?user="+user, nil))
	for _, c := range w.Result().Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}
