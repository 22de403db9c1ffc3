package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// ownedRows is how many rows each user owns, and is granted. They are scattered
// over the table.
const ownedRows = 20

// listSeries lists the rows of a user among more and more: those that it owns,
// and those that it was granted.
func listSeries(most int) series {
	return series{
		name: "rows, PostgreSQL",
		columns: []string{
			"statements, owned", "blocks read, owned", "statements, granted", "blocks read, granted",
			"database, MB",
		},
		lines: []string{"rows: blocks read by a list, owned", "rows: blocks read by a list, granted"},
		sizes: decades(10, most),
		open: func() (func(int) (point, error), func(), error) {
			l, err := openLarge()
			if err != nil {
				return nil, nil, err
			}
			err = errors.Join(l.db.AutoMigrate(&Note{}), models.SyncPermissions(context.Background(), l.db, &Note{}))
			if err != nil {
				l.close()
				return nil, nil, err
			}
			return l.measureList, l.close, nil
		},
	}
}

func (l *large) measureList(n int) (point, error) {
	if err := l.room(n, 300); err != nil {
		return point{}, err
	}
	users := max(n/ownedRows, 1)
	if err := l.createNotes(n, users); err != nil {
		return point{}, err
	}
	var p point
	config := policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap(), ObjectOnly: true}
	granted := policies.ObjectPermissions[Note](l.recorded, config)
	for _, list := range []struct {
		name  string
		class ginauth.Permission
	}{{"owned", policies.IsOwner("owner_id")}, {"granted", granted}} {
		got, err := l.explainList(list.class, int64(users/2+1), min(n, ownedRows))
		if err != nil {
			return point{}, err
		}
		p.cells = append(p.cells, fmt.Sprint(got.statements), fmt.Sprint(got.buffers))
		p.plans = append(p.plans, list.name+": "+got.plan)
		p.values = append(p.values, float64(got.buffers))
	}
	size, err := l.megabytes()
	p.cells = append(p.cells, size)
	return p, err
}

// createNotes replaces all rows, and the grants on them.
func (l *large) createNotes(n, users int) error {
	series := func(n int) string { return fmt.Sprintf("FROM generate_series(1, %d) n", n) }
	notes := fmt.Sprintf(`INSERT INTO bench_note (id, title, owner_id)
		SELECT n, 'note ' || n, 1 + n %% %d `, users) + series(n)
	grants := fmt.Sprintf(`INSERT INTO guardian_userobjectpermission
		(object_pk, content_type_id, permission_id, user_id)
		SELECT n::text, p.content_type_id, p.id, 1 + n / 2 %% %d `, users) + series(n) +
		`, auth_permission p WHERE p.codename = 'view_note'`
	return l.fill("TRUNCATE auth_user CASCADE", "TRUNCATE bench_note", createUsers+series(users), notes, grants)
}

// explainList lists the rows of a user through a class, and would notice one
// too many.
func (l *large) explainList(class ginauth.Permission, number int64, want int) (explained, error) {
	var user models.User
	if err := l.recorded.Take(&user, number).Error; err != nil { // bound to the database
		return explained{}, err
	}
	known := policies.AuthenticatorFunc("Known", func(*gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{User: &user}, nil
	})
	engine := gin.New()
	ginauth.New(engine,
		ginauth.AuthenticationClasses(known), ginauth.PermissionClasses(class), ginauth.ObjectsInHandler())
	var page []Note
	var failed error
	engine.GET("/", func(c *gin.Context) {
		failed = policies.Filter(c, l.recorded).Order("id").Limit(ownedRows + 1).Find(&page).Error
	})
	return l.explain(func() error {
		if _, err := serve(engine, "/"); err != nil {
			return err
		}
		if failed == nil && len(page) != want {
			return fmt.Errorf("the list has %d rows, not %d", len(page), want)
		}
		return failed
	})
}
