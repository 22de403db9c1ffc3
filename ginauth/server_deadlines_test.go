package ginauth_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

func TestServerDeadlines(t *testing.T) {
	for _, row := range []struct {
		server *http.Server
		want   string
	}{
		{&http.Server{}, "header read write idle"},
		{&http.Server{ReadHeaderTimeout: time.Second}, "read write idle"},
		{&http.Server{ReadTimeout: time.Second}, "write"},
		{&http.Server{ReadTimeout: time.Second, WriteTimeout: time.Second}, ""},
		{&http.Server{ReadTimeout: time.Second, WriteTimeout: time.Second, ReadHeaderTimeout: -1, IdleTimeout: -1}, "header idle"},
		{&http.Server{ReadHeaderTimeout: time.Second, WriteTimeout: time.Second, IdleTimeout: time.Second}, "read"},
	} {
		var got []string
		if err := ginauth.ServerDeadlines(row.server).CheckDeploy(t.Context()); err != nil {
			for line := range strings.Lines(err.Error()) {
				word, _, _ := strings.Cut(line, "-deadline: ")
				got = append(got, word)
			}
		}
		if text := strings.Join(got, " "); text != row.want {
			t.Errorf("%q, want %q", text, row.want)
		}
	}
}

func ExampleServerDeadlines() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	auth := ginauth.New(r)
	server := &http.Server{Handler: r, ReadTimeout: 15 * time.Second}
	for _, finding := range auth.CheckDeploy(context.Background(), ginauth.ServerDeadlines(server)) {
		fmt.Println(finding)
	}
	// Output:
	// write-deadline: a client may take forever to read an answer; set http.Server.WriteTimeout
}
