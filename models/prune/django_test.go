package prune_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/prune"
)

// TestBesideDjango prunes while Django's own commands delete the same rows:
// neither fails, and both leave what has not expired.
func TestBesideDjango(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_simplejwt", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		people.Create(t, db)
		django := djangotest.Serve(t, "testdata/prune_django.py", url)
		sessions, jwts := kinds[0], kinds[4]
		for _, k := range []kind{sessions, jwts} {
			k.insert(t, db, 1_000_000, 10, time.Now().Add(time.Hour))
		}
		django.Call(t, "clear") // it is ready
		for round := range 5 {
			for _, k := range []kind{sessions, jwts} {
				k.insert(t, db, 10_000*round, 4000, time.Now().Add(-100*day))
			}
			done := make(chan error, 1)
			go func() {
				_, err := prune.Expired(t.Context(), db)
				done <- err
			}()
			django.Call(t, "clear")
			if err := <-done; err != nil {
				t.Error(err)
			}
			if left := fmt.Sprint(django.Call(t, "clear")); left != "[10 10 5]" {
				t.Errorf("left: %s", left)
			}
		}
	})
}
