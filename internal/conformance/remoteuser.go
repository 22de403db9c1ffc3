package main

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// remoteUser returns an authenticator that reads the header which the reference
// server's WSGI turns into a user name, whichever peer sends it. Bytes are read
// as Latin-1.
func (app *application) remoteUser() ginauth.Authenticator {
	return policies.RemoteUser(app.db, policies.RemoteUserConfig{
		Header:            "X-Remote-User",
		InsecureEveryPeer: true,
		CreateUnknownUser: true,
		CleanUsername:     latin1,

		InsecureTakePasswordUsers: true, // as Django
	})
}

// joinRemoteUsers joins repeated lines as that server does.
func joinRemoteUsers(c *gin.Context) {
	if lines := c.Request.Header["X-Remote-User"]; len(lines) > 1 {
		c.Request.Header["X-Remote-User"] = []string{strings.Join(lines, ",")}
	}
}

// latin1 decodes bytes as WSGI does.
func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}
