package policies_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Parcel is a row of a table that is too large to be read as a whole.
type Parcel struct {
	ID      int64 `gorm:"primaryKey"`
	OwnerID int64 `gorm:"index"`
}

func (Parcel) TableName() string { return "post_parcel" }

// TestTheListOfAMillionRowsUsesTheIndex checks that PostgreSQL finds what a
// user may see by an index, without reading the table.
func TestTheListOfAMillionRowsUsesTheIndex(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	exec := func(query string, args ...any) {
		t.Helper()
		if err := db.Exec(query, args...).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	exec(`CREATE UNLOGGED TABLE post_parcel AS SELECT n AS id, n % 100000 AS owner_id FROM generate_series(1, 1000000) n`)
	exec(`ALTER TABLE post_parcel ADD PRIMARY KEY (id)`)
	exec(`CREATE INDEX ON post_parcel (owner_id)`)
	exec(`ANALYZE post_parcel`)
	if err := models.SyncPermissions(t.Context(), db, &Parcel{}); err != nil {
		t.Fatal(err)
	}
	user := &models.User{Username: "alice"}
	if err := models.CreateUser(t.Context(), db, user, ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Take(user, user.ID).Error; err != nil { // bound to the database
		t.Fatal(err)
	}
	for _, id := range []int64{7, 77} {
		if err := models.AssignPerm(t.Context(), db, "post.view_parcel", user, &Parcel{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	owner := policies.IsOwner("owner_id")
	granted := policies.ObjectPermissions[Parcel](db, policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap(), ObjectOnly: true})
	for name, p := range map[string]ginauth.Permission{
		"owner":           owner,
		"owner or staff":  policies.Any(policies.IsAdminUser, owner),
		"granted":         granted,
		"concealed owner": policies.Conceal(owner),
	} {
		plan := explain(t, db, user, p, func(tx *gorm.DB) *gorm.DB { return tx.Order("id").Limit(20).Find(&[]Parcel{}) })
		if strings.Contains(plan, `"Seq Scan", "Relation Name": "post_parcel"`) || !strings.Contains(plan, `Index`) {
			t.Errorf("%s: the table is read:\n%s", name, plan)
		}
		var count int64
		plan = explain(t, db, user, p, func(tx *gorm.DB) *gorm.DB { return tx.Model(&Parcel{}).Count(&count) })
		if strings.Contains(plan, `"Seq Scan", "Relation Name": "post_parcel"`) || !strings.Contains(plan, `Index`) {
			t.Errorf("%s, count: the table is read:\n%s", name, plan)
		}
	}
	everything := explain(t, db, user, policies.AllowAny, func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]Parcel{}) })
	if !strings.Contains(everything, `"Seq Scan", "Relation Name": "post_parcel"`) {
		t.Errorf("the test would not notice a read of the table:\n%s", everything)
	}
}

// explain runs a query through Filter on a route with the permission. It
// returns PostgreSQL's plan: the kind of each node beside its table.
func explain(t *testing.T, db *gorm.DB, user *models.User, p ginauth.Permission, query func(tx *gorm.DB) *gorm.DB) string {
	t.Helper()
	engine := gin.New()
	fixed := policies.AuthenticatorFunc("Fixed", func(*gin.Context) (*ginauth.Identity, error) { return &ginauth.Identity{User: user}, nil })
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(fixed), ginauth.PermissionClasses(p), ginauth.ObjectsInHandler())
	_ = auth
	var plan string
	engine.GET("/", func(c *gin.Context) {
		made := query(policies.Filter(c, db.Session(&gorm.Session{DryRun: true})))
		if made.Error != nil {
			t.Fatal(made.Error)
		}
		query := db.Dialector.Explain(made.Statement.SQL.String(), made.Statement.Vars...)
		if err := db.Raw("EXPLAIN (FORMAT JSON) " + query).Scan(&plan).Error; err != nil {
			t.Fatal(err)
		}
	})
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	var tree any
	if err := json.Unmarshal([]byte(plan), &tree); err != nil {
		t.Fatal(err)
	}
	var nodes []string
	walkPlan(tree, &nodes)
	return strings.Join(nodes, "\n")
}

func walkPlan(value any, nodes *[]string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			walkPlan(item, nodes)
		}
	case map[string]any:
		if kind, ok := v["Node Type"].(string); ok {
			relation, _ := v["Relation Name"].(string)
			index, _ := v["Index Name"].(string)
			*nodes = append(*nodes, `"`+kind+`", "Relation Name": "`+relation+`" `+index)
		}
		for _, item := range v {
			walkPlan(item, nodes)
		}
	}
}
