package database_test

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestAHostThatHangs checks that new connections reach the server that writes
// in time for a request, while another host of the URL does not answer.
func TestAHostThatHangs(t *testing.T) {
	u, err := url.Parse(dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	u.Host = silent.Addr().String() + "," + u.Host
	for _, wanted := range []string{"read-write", "primary"} {
		u.RawQuery = url.Values{"target_session_attrs": {wanted}, "connect_timeout": {"4"}}.Encode()
		pool, err := dbtest.Open(t, u.String()).DB()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		for range 3 { // the first may be there already
			conn, err := pool.Conn(ctx)
			if err != nil {
				t.Fatalf("%s: %v", wanted, err)
			}
			defer conn.Close()
			if err := conn.PingContext(ctx); err != nil {
				t.Errorf("%s: %v", wanted, err)
			}
		}
	}
}
