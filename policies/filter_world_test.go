package policies_test

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// paper is the model of the generated rules. Its nullable columns often are
// NULL.
type paper struct {
	ID        int64
	OwnerID   int64
	EditorID  *int64
	Public    *bool
	Stars     sql.NullInt64
	DeletedAt gorm.DeletedAt
}

func (paper) TableName() string { return "core_paper" }

func (p *paper) public() bool          { return p.Public != nil && *p.Public }
func (p *paper) above(n int64) bool    { return p.Stars.Valid && p.Stars.Int64 > n }
func (p *paper) editedBy(n int64) bool { return p.EditorID != nil && *p.EditorID == n }

// persona is a user, with the permissions that the test granted it.
type persona struct {
	models.User // its ID is 0 if it is anonymous
	groups      []string
	perms       map[string]bool           // on the model
	granted     map[int64]map[string]bool // on papers
}

func (p *persona) authenticated() bool { return p.ID != 0 }

// loggedIn reports whether the credential of the persona records its login.
func (p *persona) loggedIn() bool { return p.ID%2 == 1 }
func (p *persona) all() bool      { return p.IsActive && p.IsSuperuser }
func (p *persona) has(perm string) bool {
	return p.all() || p.IsActive && p.perms[perm]
}
func (p *persona) hasOn(paper int64, perm string) bool {
	return p.all() || p.IsActive && p.granted[paper][perm]
}

func (p *persona) hasAll(perms []string) bool {
	return !slices.ContainsFunc(perms, func(perm string) bool { return !p.has(perm) })
}
func (p *persona) hasAllOn(paper int64, perms []string) bool {
	return !slices.ContainsFunc(perms, func(perm string) bool { return !p.hasOn(paper, perm) })
}

// world is an application with random papers and grants. The users are alice 1,
// bob 2, staff 3, root 4, inactive 5, chief 6 and exroot 7. Of these 3, 4 and 7
// are staff; 4, 6 and 7 are superusers; 5 and 7 are inactive. Papers may belong
// to 8, who has left.
type world struct {
	db     *gorm.DB
	site   *site
	lot    *rand.Rand
	people []*persona
	papers []*paper
	asks   *persona // who makes the next request

	requests, divided int // made so far, and those which some papers are open to, but not all
}

func newWorld(t *testing.T, db *gorm.DB, lot *rand.Rand) *world {
	t.Helper()
	w := &world{db: db, site: newSite(t, db), lot: lot, people: []*persona{{User: models.User{Username: "nobody"}}}}
	for _, user := range []*models.User{{Username: "chief", IsSuperuser: true}, {Username: "exroot", IsSuperuser: true, IsStaff: true}} {
		if err := models.CreateUser(t.Context(), db, user, "pw"); err != nil {
			t.Fatal(err)
		}
	}
	var users []*models.User
	err := errors.Join(
		db.Exec("UPDATE auth_user SET is_active = ? WHERE username = 'exroot'", false).Error,
		db.AutoMigrate(&paper{}),
		models.SyncPermissions(t.Context(), db, &paper{}),
		db.Order("id").Find(&users).Error,
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		p := &persona{User: *user}
		if user.Username == "staff" {
			p.groups = []string{"editors"}
		}
		w.people = append(w.people, p)
	}
	return w
}

// authenticate returns the persona whose turn it is, active or not.
func (w *world) authenticate(*gin.Context) (*ginauth.Identity, error) {
	if !w.asks.authenticated() {
		return nil, ginauth.ErrNoCredentials
	}
	user := w.asks.User
	models.Bind(w.db, &user)
	if !w.asks.loggedIn() {
		return &ginauth.Identity{User: &user}, nil
	}
	return &ginauth.Identity{User: &user, Auth: recorded{time.Minute, []string{"pwd", "otp"}, nil}}, nil
}

// reset draws other papers and grants, and removes all routes.
func (w *world) reset(t *testing.T) {
	t.Helper()
	w.site.Site = sitetest.Serve(t, w.db, ginauth.AuthenticationClasses(
		policies.AuthenticatorFunc("ByLot", w.authenticate, "Lot")))
	for _, table := range []string{"core_paper", "guardian_userobjectpermission", "guardian_groupobjectpermission",
		"auth_user_user_permissions", "auth_group_permissions"} {
		if err := w.db.Exec("DELETE FROM " + table).Error; err != nil {
			t.Fatal(err)
		}
	}
	w.papers = nil
	for range 14 {
		w.papers = append(w.papers, w.draw())
	}
	if err := w.db.Create(&w.papers).Error; err != nil {
		t.Fatal(err)
	}
	w.grant(t)
}

// draw returns a paper, whose owner may not exist.
func (w *world) draw() *paper {
	p := &paper{OwnerID: 1 + w.lot.Int64N(8)}
	if editor := 1 + w.lot.Int64N(11); editor <= 8 {
		p.EditorID = &editor
	}
	if public := w.lot.IntN(3); public < 2 {
		p.Public = new(bool)
		*p.Public = public == 1
	}
	if stars := w.lot.Int64N(7); stars < 5 {
		p.Stars = sql.NullInt64{Int64: stars, Valid: true}
	}
	if w.lot.IntN(5) == 0 {
		p.DeletedAt = gorm.DeletedAt{Time: time.Unix(0, 0), Valid: true}
	}
	return p
}

// grant grants permissions to users and to a group, on the model and on papers.
func (w *world) grant(t *testing.T) {
	t.Helper()
	for _, p := range w.people {
		p.perms, p.granted = map[string]bool{}, map[int64]map[string]bool{}
	}
	editors := &models.Group{}
	if err := w.db.Where("name = ?", "editors").Take(editors).Error; err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"add", "change", "delete", "view"} {
		perm := "core." + action + "_paper"
		for _, p := range w.people[1:] {
			if w.lot.IntN(2) == 0 {
				w.assign(t, perm, &p.User, nil)
			}
		}
		if w.lot.IntN(2) == 0 {
			w.assign(t, perm, editors, nil)
		}
		for _, row := range w.papers {
			if w.lot.IntN(4) == 0 {
				w.assign(t, perm, editors, row)
			} else if n := w.lot.IntN(2 * len(w.people)); 0 < n && n < len(w.people) {
				w.assign(t, perm, &w.people[n].User, row)
			}
		}
	}
}

// assign grants a permission on a paper or the model, and notes it.
func (w *world) assign(t *testing.T, perm string, to any, row *paper) {
	t.Helper()
	var object any
	if row != nil {
		object = row
	}
	if err := models.AssignPerm(t.Context(), w.db, perm, to, object); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.people {
		group, _ := to.(*models.Group)
		switch {
		case to != any(&p.User) && (group == nil || !slices.Contains(p.groups, group.Name)):
		case row == nil:
			p.perms[perm] = true
		default:
			if p.granted[row.ID] == nil {
				p.granted[row.ID] = map[string]bool{}
			}
			p.granted[row.ID][perm] = true
		}
	}
}

// needed returns the permissions that a method needs by DRF's map, or by the
// map in which reading needs view.
func needed(method string, view bool) []string {
	switch method {
	case http.MethodPost:
		return []string{"core.add_paper"}
	case http.MethodPut:
		return []string{"core.change_paper"}
	case http.MethodDelete:
		return []string{"core.delete_paper"}
	}
	if view {
		return []string{"core.view_paper"}
	}
	return nil
}
