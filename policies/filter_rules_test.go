package policies_test

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// rule is a permission, and its meaning in plain Go.
type rule struct {
	permission ginauth.Permission
	passes     func(p *persona, method string, row *paper) bool
}

// compose draws a rule from the leaves, of at most that depth.
func (w *world) compose(leaves []rule, depth int) rule {
	if depth == 0 || w.lot.IntN(5) == 0 {
		return leaves[w.lot.IntN(len(leaves))]
	}
	a, b, c := w.compose(leaves, depth-1), w.compose(leaves, depth-1), w.compose(leaves, depth-1)
	switch w.lot.IntN(8) {
	case 0, 1:
		return rule{policies.All(a.permission, b.permission), func(p *persona, method string, row *paper) bool {
			return a.passes(p, method, row) && b.passes(p, method, row)
		}}
	case 2, 3:
		return rule{policies.Any(a.permission, b.permission), func(p *persona, method string, row *paper) bool {
			return a.passes(p, method, row) || b.passes(p, method, row)
		}}
	case 4:
		return rule{policies.Any(a.permission, b.permission, c.permission), func(p *persona, method string, row *paper) bool {
			return a.passes(p, method, row) || b.passes(p, method, row) || c.passes(p, method, row)
		}}
	case 5, 6:
		return not(a)
	}
	if w.lot.IntN(2) == 0 {
		return rule{policies.Deny(a.permission, "No.", "no"), a.passes}
	}
	return rule{policies.Conceal(a.permission), a.passes}
}

// negated returns a rule or its opposite, at random.
func (w *world) negated(r rule) rule {
	if w.lot.IntN(2) == 0 {
		return r
	}
	return not(r)
}

func not(a rule) rule {
	return rule{policies.Not(a.permission), func(p *persona, method string, row *paper) bool { return !a.passes(p, method, row) }}
}

// leaves returns the classes from which rules are composed.
func leaves(db *gorm.DB) []rule {
	return append(append(requestLeaves(db), ownerLeaves()...), append(grantLeaves(db), functionLeaves(db)...)...)
}

func reads(method string) bool { return method == http.MethodGet }

// requestLeaves returns classes without a rule about objects.
func requestLeaves(db *gorm.DB) []rule {
	const change, remove = "core.change_paper", "core.delete_paper"
	view := policies.ViewPermsMap()
	return []rule{
		{policies.AllowAny, func(*persona, string, *paper) bool { return true }},
		{policies.IsAuthenticated, func(p *persona, _ string, _ *paper) bool { return p.authenticated() }},
		{policies.IsAdminUser, func(p *persona, _ string, _ *paper) bool { return p.IsStaff }},
		{policies.ReadOnly, func(_ *persona, method string, _ *paper) bool { return reads(method) }},
		{policies.RecentLogin(time.Hour), func(p *persona, _ string, _ *paper) bool { return p.loggedIn() }},
		{policies.HasFactor("otp"), func(p *persona, _ string, _ *paper) bool { return p.loggedIn() }},
		{policies.HasRole("admin"), func(*persona, string, *paper) bool { return false }}, // a models.User has no roles
		{policies.InGroup("editors"), func(p *persona, _ string, _ *paper) bool { return len(p.groups) > 0 }},
		{policies.HasPerm(change), func(p *persona, _ string, _ *paper) bool { return p.has(change) }},
		{policies.HasPerm(change, remove), func(p *persona, _ string, _ *paper) bool { return p.has(change) && p.has(remove) }},
		{policies.ModelPermissions[paper](db), func(p *persona, method string, _ *paper) bool {
			return p.authenticated() && p.hasAll(needed(method, false))
		}},
		{policies.ModelPermissions[paper](db, view), func(p *persona, method string, _ *paper) bool { return p.hasAll(needed(method, true)) }},
		{policies.ModelPermissionsOrAnonReadOnly[paper](db), func(p *persona, method string, _ *paper) bool {
			return p.hasAll(needed(method, false))
		}},
	}
}

func ownerLeaves() []rule {
	owns := func(p *persona, _ string, row *paper) bool { return p.authenticated() && row.OwnerID == p.ID }
	edits := func(p *persona, _ string, row *paper) bool { return p.authenticated() && row.editedBy(p.ID) }
	return []rule{
		{policies.IsOwner("owner_id"), owns},
		{policies.IsOwner("editor_id"), edits},
		{policies.IsOwner("EditorID"), edits},
		{policies.OwnerOrReadOnly("owner_id"), func(p *persona, method string, row *paper) bool { return reads(method) || owns(p, method, row) }},
		{policies.OwnerOrReadOnly("editor_id"),
			func(p *persona, method string, row *paper) bool { return reads(method) || edits(p, method, row) }},
	}
}

// grantLeaves returns guardian's rules.
func grantLeaves(db *gorm.DB) (rules []rule) {
	for _, view := range []bool{false, true} {
		for _, objectOnly := range []bool{false, true} {
			for _, anonymous := range []bool{false, true} {
				config := policies.ObjectPermissionsConfig{ObjectOnly: objectOnly, Anonymous: anonymous}
				if view {
					config.Map = policies.ViewPermsMap()
				}
				rules = append(rules, rule{policies.ObjectPermissions[paper](db, config), func(p *persona, method string, row *paper) bool {
					perms := needed(method, view)
					return (p.authenticated() || anonymous) && (objectOnly || p.hasAll(perms)) && p.hasAllOn(row.ID, perms)
				}})
			}
		}
	}
	return rules
}

// functionLeaves returns rules of an application, with conditions of every
// shape that GORM knows.
func functionLeaves(db *gorm.DB) []rule {
	type conditions func(user int64, tx *gorm.DB) *gorm.DB
	leaf := func(name string, scope conditions, passes func(user int64, row *paper) bool) rule {
		idOf := func(id *ginauth.Identity) int64 {
			user, _ := id.User.(*models.User)
			if user == nil {
				return -1
			}
			return user.ID
		}
		p := policies.ObjectPermissionFunc(name, func(_ *gin.Context, id *ginauth.Identity, row *paper) (bool, error) {
			return passes(idOf(id), row), nil
		}, func(_ *gin.Context, id *ginauth.Identity, tx *gorm.DB) *gorm.DB { return scope(idOf(id), tx) })
		return rule{p, func(p *persona, _ string, row *paper) bool {
			if p.authenticated() {
				return passes(p.ID, row)
			}
			return passes(-1, row)
		}}
	}
	staff := func() *gorm.DB { return db.Model(&models.User{}).Select("id").Where("is_staff") }
	return []rule{
		leaf("Public", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where("public") },
			func(_ int64, row *paper) bool { return row.public() }),
		leaf("Where", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where("stars > ?", 2).Where("public") },
			func(_ int64, row *paper) bool { return row.above(2) && row.public() }),
		leaf("Not", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Not("stars > ?", 2) },
			func(_ int64, row *paper) bool { return row.Stars.Valid && !row.above(2) }),
		leaf("Or", func(user int64, tx *gorm.DB) *gorm.DB { return tx.Where("public").Or("core_paper.owner_id = ?", user) },
			func(user int64, row *paper) bool { return row.public() || row.OwnerID == user }),
		leaf("OrFirst", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Or("public").Or("stars > 3") },
			func(_ int64, row *paper) bool { return row.public() || row.above(3) }),
		leaf("OrAlone", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Or("stars > 3") },
			func(_ int64, row *paper) bool { return row.above(3) }),
		leaf("RawOr", func(user int64, tx *gorm.DB) *gorm.DB { return tx.Where("editor_id = ? OR stars > 1", user) },
			func(user int64, row *paper) bool { return row.editedBy(user) || row.above(1) }),
		leaf("Group", func(_ int64, tx *gorm.DB) *gorm.DB {
			return tx.Where("owner_id < 5").Where(db.Where("public").Or("stars > @n", map[string]any{"n": 2}))
		}, func(_ int64, row *paper) bool { return row.OwnerID < 5 && (row.public() || row.above(2)) }),
		leaf("Null", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where(map[string]any{"editor_id": nil}) },
			func(_ int64, row *paper) bool { return row.EditorID == nil }),
		leaf("In", func(user int64, tx *gorm.DB) *gorm.DB { return tx.Where("owner_id IN ?", []int64{user, 3}) },
			func(user int64, row *paper) bool { return row.OwnerID == user || row.OwnerID == 3 }),
		leaf("InNothing", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where("owner_id IN ?", []int64{}) },
			func(int64, *paper) bool { return false }),
		leaf("NotInNull", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where("owner_id NOT IN (1, NULL)") },
			func(int64, *paper) bool { return false }),
		leaf("SubQuery", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Where("editor_id IN (?)", staff()) },
			func(_ int64, row *paper) bool { return row.editedBy(3) || row.editedBy(4) || row.editedBy(7) }),
		leaf("NotSubQuery", func(_ int64, tx *gorm.DB) *gorm.DB { return tx.Not("editor_id IN (?)", staff()) },
			func(_ int64, row *paper) bool {
				return row.EditorID != nil && !row.editedBy(3) && !row.editedBy(4) && !row.editedBy(7)
			}),
		leaf("Exists", func(_ int64, tx *gorm.DB) *gorm.DB {
			return tx.Where("EXISTS (SELECT 1 FROM auth_user u WHERE u.id = core_paper.owner_id AND u.is_superuser)")
		}, func(_ int64, row *paper) bool { return row.OwnerID == 4 || row.OwnerID == 6 || row.OwnerID == 7 }),
		leaf("Everything", func(_ int64, tx *gorm.DB) *gorm.DB { return tx }, func(int64, *paper) bool { return true }),
	}
}
