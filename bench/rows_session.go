package main

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/policies"
)

// sessionRows compares a session that is Django's row and loads its user from
// SQLite with libraries that keep a user's name: scs in the memory of the
// process, and gin-contrib/sessions in the cookie itself.
func sessionRows(s *store) ([]row, error) {
	class := policies.Session(s.db, policies.SessionConfig{InsecureCookie: true})
	begun, err := class.Sessions().Login(context.Background(), "", s.user)
	if err != nil {
		return nil, err
	}
	engine := behind(class)
	ours := func() (func(), error) { return serve(engine, "/", "Cookie", "sessionid="+string(begun.Key)) }

	var rows []row
	for _, beside := range []struct {
		peer    string
		handler http.Handler
	}{
		{"scs, a name in memory", scsServer(func(http.ResponseWriter, string) {})},
		{"gin-contrib/sessions, a name in the cookie", cookieServer(func(*gin.Context, string) {})},
	} {
		row, err := pair("session and its user, SQLite", beside.peer, ours,
			func() (func(), error) { return serve(beside.handler, "/", "Cookie", logIn(beside.handler, "alice")) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
