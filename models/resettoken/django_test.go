package resettoken_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models/resettoken"
)

// server is what a server that people turn to does with links.
type server struct {
	make  func(t *testing.T, name string) (uid, token string)
	whose func(t *testing.T, uid, token string) string // "" for a link that is not valid
	reset func(t *testing.T, uid, token, password string) bool
	login func(t *testing.T, name string)
	found func(t *testing.T, email string) []string
}

func here(s site) server {
	return server{
		make: s.link,
		whose: func(t *testing.T, uid, token string) string {
			user, err := s.Find(t.Context(), uid, token)
			if errors.Is(err, resettoken.ErrInvalid) {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			return s.users.Username(user)
		},
		reset: func(t *testing.T, uid, token, password string) bool {
			_, err := s.SetPassword(t.Context(), uid, token, password)
			if err != nil && !errors.Is(err, resettoken.ErrInvalid) {
				t.Fatal(err)
			}
			return err == nil
		},
		login: func(t *testing.T, name string) {
			if err := userkit.Of(s.users).UpdateLastLogin(t.Context(), modeltest.Lookup(t, s.users, name)); err != nil {
				t.Fatal(err)
			}
		},
		found: func(t *testing.T, email string) (names []string) {
			users, err := s.FindByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			for _, user := range users {
				names = append(names, s.users.Username(user))
			}
			slices.Sort(names)
			return names
		},
	}
}

func there(django *djangotest.Process) server {
	texts := func(t *testing.T, answer any) (texts []string) {
		t.Helper()
		for _, text := range answer.([]any) {
			texts = append(texts, text.(string))
		}
		return texts
	}
	return server{
		make: func(t *testing.T, name string) (uid, token string) {
			link := texts(t, django.Call(t, "make", name))
			return link[0], link[1]
		},
		whose: func(t *testing.T, uid, token string) string {
			name, _ := django.Call(t, "whose", uid, token).(string)
			return name
		},
		reset: func(t *testing.T, uid, token, password string) bool {
			return django.Call(t, "reset", uid, token, password).(bool)
		},
		login: func(t *testing.T, name string) { django.Call(t, "login", name) },
		found: func(t *testing.T, email string) []string { return texts(t, django.Call(t, "found", email)) },
	}
}

// TestDjangoSharesLinks checks that each server accepts the links of the other,
// once, and finds the same users by their address.
func TestDjangoSharesLinks(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := newSite(t, db)
		modeltest.Execute(t, db, "UPDATE auth_user SET email = 'Ünï+ß@example.com' WHERE username = 'bob'",
			"UPDATE auth_user SET password = '!' WHERE username = 'staff'")
		servers := map[string]server{"here": here(s), "there": there(djangotest.Serve(t, "testdata/resettoken_django.py", url))}
		for maker, making := range servers {
			for user, using := range servers {
				for _, name := range []string{"alice", "bob", "staff", "root"} {
					modeltest.Execute(t, db, "UPDATE auth_user SET last_login = NULL") // logins count to the second
					what := fmt.Sprintf("%s, made %s, used %s", name, maker, user)
					uid, first := making.make(t, name)
					if got := using.whose(t, uid, first); got != name {
						t.Errorf("%s: the link is of %q", what, got)
					}
					using.login(t, name)
					if got := making.whose(t, uid, first) + using.whose(t, uid, first); got != "" {
						t.Errorf("%s: after a login the link is of %q", what, got)
					}
					uid, second := making.make(t, name)
					if !using.reset(t, uid, second, what) {
						t.Errorf("%s: the password was not set", what)
					}
					for answering, server := range servers {
						if server.reset(t, uid, second, what+" again") || server.whose(t, uid, second) != "" {
							t.Errorf("%s: it was used again %s", what, answering)
						}
					}
					if hash := userkit.Of(s.users).Table().PasswordHash(modeltest.Lookup(t, s.users, name)); !checks(t, hash, what) {
						t.Errorf("%s: another password is stored", what)
					}
				}
			}
		}
		modeltest.Execute(t, db, "UPDATE auth_user SET password = '!' WHERE username = 'staff'")
		for _, email := range []string{"alice@example.com", "ALICE@example.com", "Ünï+ß@example.com", "ünï+ß@EXAMPLE.com", "bob@example.com", "staff@example.com", "inactive@example.com", "%"} {
			if us, them := servers["here"].found(t, email), servers["there"].found(t, email); !slices.Equal(us, them) {
				t.Errorf("%s belongs to %v, in Django to %v", email, us, them)
			}
		}
	})
}
