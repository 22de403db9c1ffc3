package ginauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// ServerDeadlines returns a check for [Auth.CheckDeploy] of a server's deadlines,
// without which a slow client keeps a connection, and what a request holds,
// forever. net/http has none by default. It panics if the server is nil.
//
//	auth.CheckDeploy(ctx, users, logins.Of(users), ginauth.ServerDeadlines(server))
//
// It finds, by these words: header-deadline, read-deadline, write-deadline and
// idle-deadline. A server that streams accepts the second or the third.
func ServerDeadlines(server *http.Server) DeployChecker {
	if server == nil {
		panic("ginauth: ServerDeadlines was given no server")
	}
	return serverDeadlines{server}
}

type serverDeadlines struct{ server *http.Server }

// CheckDeploy implements [DeployChecker].
func (d serverDeadlines) CheckDeploy(context.Context) error {
	s := d.server
	headers, idle := s.ReadHeaderTimeout, s.IdleTimeout
	if headers == 0 { // as net/http does
		headers = s.ReadTimeout
	}
	if idle == 0 {
		idle = s.ReadTimeout
	}
	var problems []error
	for _, deadline := range []struct {
		word, field, what string
		missing           bool
	}{
		{"header", "ReadHeaderTimeout", "send the headers of a request", headers <= 0},
		{"read", "ReadTimeout", "send a request", s.ReadTimeout <= 0},
		{"write", "WriteTimeout", "read an answer", s.WriteTimeout <= 0},
		{"idle", "IdleTimeout", "keep a connection without a request", idle <= 0},
	} {
		if deadline.missing {
			problems = append(problems, fmt.Errorf("%s-deadline: a client may take forever to %s; set http.Server.%s",
				deadline.word, deadline.what, deadline.field))
		}
	}
	return errors.Join(problems...)
}
