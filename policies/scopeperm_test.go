package policies_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestHasScope is the matrix of routes and credentials. alice may view notes,
// staff may not.
func TestHasScope(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		all := ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Token(db), policies.Basic(db))
		read, write, profile := policies.HasScope("notes:read"), policies.HasScope("notes:write"), policies.HasScope("profile")
		s.route("/read", all, ginauth.PermissionClasses(read))
		s.route("/write", all, ginauth.PermissionClasses(write))
		s.route("/profile", all, ginauth.PermissionClasses(profile))
		s.route("/either", all, ginauth.PermissionClasses(policies.Any(read, profile)))
		s.route("/both", all, ginauth.PermissionClasses(policies.All(read, profile)))
		s.route("/two", all, ginauth.PermissionClasses(read, profile))
		s.route("/not", all, ginauth.PermissionClasses(policies.Not(read)))
		s.route("/admin", all, ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, read)))
		s.route("/denial", all, ginauth.PermissionClasses(policies.Deny(read, "Ask for notes.", "no_notes")))
		s.route("/unknown", all, ginauth.PermissionClasses(policies.HasScope("nonesuch")))
		s.route("/not-unknown", all, ginauth.PermissionClasses(policies.Not(policies.HasScope("nonesuch"))))
		credentials := map[string]string{
			"anonymous": "", "alice's DRF token": "Token " + s.keys["alice"], "staff's password": basic("staff:staff-pw"),
			"alice's DRF token, twice": "Token " + s.keys["alice"],
		}
		for name, secret := range s.secrets {
			credentials[name] = "Bearer " + secret
		}
		for _, row := range []struct{ path, in, out string }{
			{"/read", "all, read, service, full service, alice's DRF token", "anonymous, profile, staff, staff's password, revoked"},
			{"/write", "full service", "anonymous, all, read, profile, service, alice's DRF token, staff, staff's password"},
			{"/profile", "all, profile, staff, full service, alice's DRF token, staff's password", "anonymous, read, service, inactive"},
			{"/either", "all, read, profile, service, alice's DRF token, staff", "anonymous"},
			{"/both", "all, alice's DRF token, full service", "anonymous, read, profile, staff, service"},
			{"/two", "all, alice's DRF token, full service", "anonymous, read, profile, staff, service"},
			{"/not", "staff, staff's password, anonymous", "all, read, profile, service, alice's DRF token"},
			{"/admin", "staff, staff's password, all, read", "anonymous, profile"},
		} {
			for _, name := range strings.Split(row.in, ", ") {
				if got := s.get(row.path, credentials[name]); !strings.HasPrefix(got, "200 ") {
					t.Errorf("%s, %s: %s", row.path, name, got)
				}
			}
			for _, name := range strings.Split(row.out, ", ") {
				if got := s.get(row.path, credentials[name]); !strings.HasPrefix(got, "401 ") && !strings.HasPrefix(got, "403 ") {
					t.Errorf("%s, %s: %s", row.path, name, got)
				}
			}
		}
		for _, row := range []struct{ path, credential, want string }{
			{"/read", "profile", "403 The token does not have the scope that this needs."},
			{"/read", "staff", "403 This needs the scope notes:read."},
			{"/read", "staff's password", "403 This needs the scope notes:read."},
			{"/two", "read", "403 The token does not have the scope that this needs."},
			{"/denial", "staff", "403 Ask for notes."},
			{"/read", "anonymous", `401 Authentication credentials were not provided. Bearer realm="api"`},
			{"/unknown", "all", "503 Service temporarily unavailable, try again later."},
			{"/unknown", "full service", "503 Service temporarily unavailable, try again later."},
			{"/unknown", "alice's DRF token", "503 Service temporarily unavailable, try again later."},
			{"/not-unknown", "all", "503 Service temporarily unavailable, try again later."},
		} {
			if got := s.get(row.path, credentials[row.credential]); got != row.want {
				t.Errorf("%s, %s: %s, want %s", row.path, row.credential, got, row.want)
			}
		}
	})
}

// TestAServiceOwnsNothing checks that a service owns no row, whatever its
// number is, and is counted by its name.
func TestAServiceOwnsNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		type Note struct{ ID, OwnerID int64 }
		if err := db.AutoMigrate(&Note{}); err != nil {
			t.Fatal(err)
		}
		for id := range int64(5) {
			if err := db.Create(&Note{ID: id + 1, OwnerID: id}).Error; err != nil {
				t.Fatal(err)
			}
		}
		own := s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.AccessToken(db)), ginauth.Object(policies.Load[Note](db, "id")),
			ginauth.PermissionClasses(policies.IsAuthenticated, policies.IsOwner("owner_id")), ginauth.ThrottleClasses(policies.UserRate("100/min")))
		own.GET("/notes/:id", func(c *gin.Context) { c.String(http.StatusOK, "note") })
		list := s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.AccessToken(db)), ginauth.ObjectsInHandler(),
			ginauth.PermissionClasses(policies.IsAuthenticated, policies.IsOwner("owner_id")))
		list.GET("/notes", func(c *gin.Context) {
			var notes []Note
			if err := policies.Filter(c, db).Find(&notes).Error; err != nil {
				ginauth.Abort(c, err)
				return
			}
			c.String(http.StatusOK, "%d", len(notes))
		})
		for _, path := range []string{"/notes/1", "/notes/2", "/notes/3", "/notes/4", "/notes/5"} {
			if got := s.get(path, "Bearer "+s.secrets["full service"]); !strings.HasPrefix(got, "403 ") {
				t.Errorf("%s: %s", path, got)
			}
		}
		if got := s.get("/notes", "Bearer "+s.secrets["full service"]); got != "200 0" {
			t.Errorf("the list has %s", got)
		}
		if got := s.get("/notes/2", "Bearer "+s.secrets["all"]); got != "200 note" {
			t.Errorf("alice's own: %s", got)
		}
	})
}
