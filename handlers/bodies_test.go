package handlers_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/hostilebody"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// bodyRoutes lists all of our routes that read a body.
var bodyRoutes = []string{
	"/token", "/session/login", "/session/logout", "/tokens",
	"/jwt/pair", "/jwt/refresh", "/jwt/verify", "/jwt/blacklist", "/jwt/sliding", "/jwt/sliding/refresh",
}

const plantedSecret = "abcdefghijklmnopqrstuvwxyzABCDEF"

// serveBodies serves the bodyRoutes with their default behaviour, except for
// their throttles.
func serveBodies(t *testing.T, before ...gin.HandlerFunc) http.Handler {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db, roomy)
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil) // nil is always accepted
	engine.Use(before...)
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Basic(db)), ginauth.Logger(slog.New(slog.DiscardHandler)))
	rules := unthrottled.Rules
	handlers.MountObtainAuthToken(auth, engine, "/token", db, unthrottled)
	handlers.MountSession(auth, engine, "/session", policies.Session(db), handlers.SessionConfig{Rules: rules})
	handlers.MountAccessTokens(auth, engine, "/tokens", db)
	jwt.Mount(auth, engine, jwt.Endpoints{
		Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify", Blacklist: "/jwt/blacklist",
		Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh", Rules: rules,
	}, db, jwt.Config{Key: sitetest.JWTKey})
	return engine
}

// bodyRequest is sent by a client that has planted its own CSRF secret and, on
// the token routes, is logged in.
func bodyRequest(path, contentType string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Cookie", "csrftoken="+plantedSecret)
	r.Header.Set("Origin", "https://example.com")
	if path == "/tokens" {
		r.SetBasicAuth("alice", "alice-pw")
	}
	return r
}

// TestHostileBodies checks that no request costs more memory than a small
// multiple of the largest body allowed, and that bodies over the limit are not
// read.
func TestHostileBodies(t *testing.T) {
	engine := serveBodies(t)
	measure := func(path string, body hostilebody.Body) (status int, took uint64) {
		took = hostilebody.Allocated(func() {
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, bodyRequest(path, body.ContentType, strings.NewReader(body.Text)))
			status = w.Code
		})
		return status, took
	}
	fitting, long := hostilebody.OfLength(64<<10), hostilebody.OfLength(2_500_000)
	long = slices.DeleteFunc(long, func(b hostilebody.Body) bool { return len(b.Text) <= 64<<10 })
	for i, path := range bodyRoutes {
		// Warms up what is allocated once.
		measure(path, hostilebody.Body{Text: "{}", ContentType: "application/json"})
		for _, body := range fitting {
			if status, took := measure(path, body); took > 4<<20 || status >= 500 || status == 413 {
				t.Errorf("%s, %s: %d, %d bytes allocated", path, body.Name, status, took)
			}
		}
		for j, body := range long {
			if j%len(bodyRoutes) != i { // each is sent to some route; no route reads it
				continue
			}
			if status, took := measure(path, body); took > 256<<10 || status != 413 {
				t.Errorf("%s, %d bytes, %s: %d, %d bytes allocated", path, len(body.Text), body.Name, status, took)
			}
		}
	}
}

// TestBodiesOfUnknownLength checks that bodies are read up to the limit,
// whatever length they declare.
func TestBodiesOfUnknownLength(t *testing.T) {
	engine := serveBodies(t)
	for _, path := range bodyRoutes {
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"} {
			for _, announced := range []int64{-1, 0, 1, 100} {
				endless := &counted{r: strings.NewReader(strings.Repeat(" ", 4<<20))}
				r := bodyRequest(path, contentType, endless)
				r.ContentLength = announced
				w := httptest.NewRecorder()
				if engine.ServeHTTP(w, r); w.Code != 413 || endless.n > 128<<10 {
					t.Errorf("%s, %s, Content-Length %d: %d after %d bytes", path, contentType, announced, w.Code, endless.n)
				}
			}
		}
	}
}

type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// TestBodiesOnTheWire sends chunked bodies, and bodies that do not match their
// Content-Length.
func TestBodiesOnTheWire(t *testing.T) {
	server := httptest.NewServer(serveBodies(t))
	t.Cleanup(server.Close)
	const login = `{"username":"alice","password":"alice-pw"}`
	chunk := func(s string) string { return strings.ToLower(hex(len(s))) + "\r\n" + s + "\r\n" }
	for _, row := range []struct{ name, headers, body, want string }{
		{"right", "Content-Length: 42", login, "200"},
		{"chunks", "Transfer-Encoding: chunked", chunk(login[:10]) + chunk(login[10:]) + "0\r\n\r\n", "200"},
		{"chunks without end", "Transfer-Encoding: chunked", strings.Repeat(chunk(strings.Repeat(" ", 16<<10)), 5), "413"},
		{"a length that is too long", "Content-Length: 65537", "", "413"},
		{"more than it says", "Content-Length: 20", login, "400"},
		{"less than it says", "Content-Length: 1000", login, "400"},
		// Not decompressed: the bytes on the wire count.
		{"gzip", "Content-Encoding: gzip\r\nContent-Length: 42", login, "200"},
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err = io.WriteString(conn, "POST /token HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\n"+
			"Connection: close\r\n"+row.headers+"\r\n\r\n"+row.body)
		// Otherwise the server assumes that the client has gone.
		if err == nil && row.name == "less than it says" {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		if err != nil {
			t.Fatal(row.name, err)
		}
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 "+row.want) {
			t.Errorf("%s: %.200s", row.name, answer)
		}
		_ = conn.Close()
	}
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	if n < 16 {
		return digits[n : n+1]
	}
	return hex(n/16) + digits[n%16:n%16+1]
}

// TestMiddlewareThatReadsTheBody checks that a form parsed earlier is still the
// form, and that the CSRF check finds the token in it without the handler
// losing the body.
func TestMiddlewareThatReadsTheBody(t *testing.T) {
	const form = "username=alice&password=alice-pw&csrfmiddlewaretoken=" + plantedSecret
	const multipart = "--B\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nalice-pw\r\n" +
		"--B\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n" + plantedSecret + "\r\n--B--\r\n"
	for name, middleware := range map[string]gin.HandlerFunc{
		"none":     func(*gin.Context) {},
		"PostForm": func(c *gin.Context) { c.PostForm("username") },
		"bounded":  func(c *gin.Context) { c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20) },
		"bounded less": func(c *gin.Context) {
			if c.GetHeader("X-Less") != "" {
				c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 20)
			}
		},
	} {
		engine := serveBodies(t, middleware)
		for _, row := range []struct{ contentType, body string }{
			{"application/x-www-form-urlencoded", form},
			{"multipart/form-data; boundary=B", multipart},
		} {
			for _, path := range []string{"/session/login", "/token", "/jwt/pair", "/session/logout"} {
				w := httptest.NewRecorder()
				if engine.ServeHTTP(w, bodyRequest(path, row.contentType, strings.NewReader(row.body))); w.Code != 200 {
					t.Errorf("%s, %s, %s: %d %s", name, path, row.contentType, w.Code, w.Body)
				}
				r := bodyRequest(path, row.contentType, strings.NewReader(row.body))
				r.Header.Set("X-Less", "1")
				w = httptest.NewRecorder()
				if engine.ServeHTTP(w, r); (w.Code == 413) != (name == "bounded less") {
					t.Errorf("%s, %s, %s: %d %s", name, path, row.contentType, w.Code, w.Body)
				}
			}
		}
	}
}
