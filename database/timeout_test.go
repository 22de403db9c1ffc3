package database_test

import (
	"net"
	"testing"
	"time"
)

// TestConnectingHasAnEnd opens a database whose server accepts connections and
// says nothing.
func TestConnectingHasAnEnd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	for _, row := range []struct {
		parameters  string
		least, most time.Duration
	}{
		{"sslmode=disable", 5 * time.Second, 8 * time.Second},
		{"sslmode=disable&connect_timeout=1", time.Second, 4 * time.Second},
	} {
		t.Run(row.parameters, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			err := opened("postgres://app@" + listener.Addr().String() + "/app?" + row.parameters)
			if took := time.Since(begun); err == nil || took < row.least || took > row.most {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
}
