package policies_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// Book is a row that these tests load by number, by text and by UUID.
type Book struct {
	ID      int32
	Slug    string
	Serial  uuid.UUID
	Code    *string `gorm:"type:uuid"`
	Shelf   string
	Deleted gorm.DeletedAt
}

var serial = uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7")

func library(t *testing.T, db *gorm.DB) {
	t.Helper()
	books := []Book{{ID: 1, Slug: "one", Serial: serial, Code: ptr(serial.String()), Shelf: "a"},
		{ID: 2, Slug: "two", Shelf: "b"}, {ID: 3, Slug: "gone", Shelf: "a"}}
	if err := db.AutoMigrate(&Book{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&books).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Delete(&Book{}, "id = ?", 3).Error; err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		library(t, db)
		pool, _ := db.DB()
		db, counter := dbtest.Count(db)
		engine := gin.New()
		engine.UseRawPath, engine.UnescapePathValues = true, true
		auth := ginauth.New(engine, ginauth.PermissionClasses(policies.AllowAny))
		for path, loader := range map[string]ginauth.ObjectLoader{
			"/id/:id":     policies.Load[Book](db, "id"),
			"/slug/:id":   policies.Load[Book](db, "id", policies.LoadConfig{Column: "Slug"}),
			"/serial/:id": policies.Load[Book](db, "id", policies.LoadConfig{Column: "serial"}),
			"/code/:id":   policies.Load[Book](db, "id", policies.LoadConfig{Column: "code"}),
			"/nil/:id":    policies.Load[Book](db, "id", policies.LoadConfig{Query: func(*gin.Context, *gorm.DB) *gorm.DB { return nil }}),
			"/shelf/:id": policies.Load[Book](db, "id", policies.LoadConfig{Query: func(c *gin.Context, tx *gorm.DB) *gorm.DB {
				return tx.Where("shelf = ?", "a")
			}}),
			"/wide/:id": policies.Load[Book](db, "id", policies.LoadConfig{Query: func(_ *gin.Context, tx *gorm.DB) *gorm.DB {
				return tx.Where("shelf = ?", "a").Or("shelf = ?", "b").Scopes(func(tx *gorm.DB) *gorm.DB { return tx.Or("1 = 1") })
			}}),
		} {
			auth.With(engine, ginauth.Object(loader)).GET(path, func(c *gin.Context) {
				c.String(http.StatusOK, ginauth.ObjectOf[Book](c).Slug)
			})
		}
		for _, row := range []struct {
			path, parameter, want string
			statements            int
		}{
			{"/id/", "1", "200 one", 1}, {"/id/", "2", "200 two", 1}, {"/id/", "3", "404", 1}, {"/id/", "4", "404", 1},
			{"/id/", "0", "404", 1}, {"/id/", "-1", "404", 1}, {"/id/", "01", "200 one", 1},
			{"/id/", "+1", "200 one", 1}, {"/id/", " 1\t", "200 one", 1}, {"/id/", "0_1", "200 one", 1}, {"/id/", "١", "200 one", 1},
			{"/id/", "1__0", "404", 0}, {"/id/", "_1", "404", 0}, {"/id/", "1_", "404", 0}, {"/id/", "+", "404", 0}, {"/id/", "1.0", "404", 0},
			{"/id/", "abc", "404", 0},
			{"/id/", "1 OR 1=1", "404", 0},
			{"/id/", "1'--", "404", 0},
			{"/id/", "1\x00", "404", 0},
			{"/id/", "\xff", "404", 0},
			{"/id/", "2147483648", "404", 1}, {"/id/", "9223372036854775807", "404", 1}, {"/id/", "9223372036854775808", "404", 0},
			{"/slug/", "one", "200 one", 1}, {"/slug/", "ONE", "404", 1}, {"/slug/", "x' OR '1'='1", "404", 1}, {"/slug/", "one\x00", "404", 0},
			{"/slug/", "\xff", "404", 0}, {"/slug/", "gone", "404", 1},
			{"/serial/", serial.String(), "200 one", 1}, {"/serial/", uuid.NewString(), "404", 1}, {"/serial/", "7c9e", "404", 0},
			{"/code/", serial.String(), "200 one", 1},
			{"/code/", uuid.NewString(), "404", 1},
			{"/code/", "7c9e", "404", 1},
			{"/code/", "' OR 1=1", "404", 1},
			{"/nil/", "1", "503", 0},
			{"/shelf/", "1", "200 one", 1}, {"/shelf/", "2", "404", 1},
			{"/wide/", "1", "200 one", 1}, {"/wide/", "2", "200 two", 1}, {"/wide/", "9", "404", 1}, {"/wide/", "3", "404", 1},
		} {
			counter.Statements() // the count begins
			got := get(engine, row.path+url.PathEscape(row.parameter))
			if n := counter.Statements(); got != row.want || n != row.statements {
				t.Errorf("%s%q: %s with %d statements, want %s with %d", row.path, row.parameter, got, n, row.want, row.statements)
			}
		}
		pool.Close()
		if got := get(engine, "/id/1"); got != "503" {
			t.Errorf("without a database: %s", got)
		}
	})
}

// TestLoadOfNoRow checks the words about a row that is missing, which must not
// differ from those about one that is concealed.
func TestLoadOfNoRow(t *testing.T) {
	const plain, named = `{"detail":"Not found."}`, `{"detail":"No Book matches the given query."}`
	conceal := policies.Conceal(policies.IsOwner("shelf"))
	for _, row := range []struct {
		drf        string
		permission ginauth.Permission
		path       string
		want       string
	}{
		{"", policies.AllowAny, "/id/9", named},
		{"", policies.AllowAny, "/id/9223372036854775808", named},
		{"", policies.AllowAny, "/id/abc", plain},
		{"", policies.AllowAny, "/slug/x", named},
		{"", policies.AllowAny, "/serial/" + uuid.NewString(), named},
		{"", policies.AllowAny, "/serial/7c9e", plain},
		{"", policies.Conceal(policies.AllowAny), "/id/9", plain},
		{"", policies.Conceal(policies.AllowAny), "/id/9223372036854775808", plain},
		{"", policies.Any(policies.AllowAny, conceal), "/id/9", plain},
		{"", policies.Deny(policies.Any(policies.AllowAny, conceal), "No.", ""), "/id/9", plain},
		{"", drf.Any(policies.AllowAny, conceal), "/id/9", plain},
		{"3.15", policies.AllowAny, "/id/9", named},
		{"3.14", policies.AllowAny, "/id/9", plain},
		{"3.14", policies.AllowAny, "/slug/x", plain},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		declare(t, db, drf.Stack{DRF: row.drf})
		library(t, db)
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.PermissionClasses(row.permission), ginauth.Logger(slog.New(slog.DiscardHandler)))
		for path, column := range map[string]string{"/id/:id": "", "/slug/:id": "slug", "/serial/:id": "serial"} {
			auth.With(engine, ginauth.Object(policies.Load[Book](db, "id", policies.LoadConfig{Column: column}))).GET(path, ok)
		}
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, row.path, nil))
		if w.Code != http.StatusNotFound || w.Body.String() != row.want {
			t.Errorf("DRF %q, %s, %s: %d %s, want 404 %s", row.drf, ginauth.Name(row.permission), row.path, w.Code, w.Body, row.want)
		}
	}
}

// get returns the status of an answer, and its body after a success.
func get(h http.Handler, path string) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		return fmt.Sprint(w.Code)
	}
	return fmt.Sprint(w.Code, " ", w.Body)
}

func TestLoadPanicsWhenDeclared(t *testing.T) {
	type composite struct {
		A int `gorm:"primaryKey"`
		B int `gorm:"primaryKey"`
	}
	type measured struct{ ID float64 }
	db := dbtest.Open(t, dbtest.SQLite(t))
	for name, wire := range map[string]func(){
		"no database":   func() { policies.Load[Book](nil, "id") },
		"no parameter":  func() { policies.Load[Book](db, "") },
		"a colon":       func() { policies.Load[Book](db, ":id") },
		"no such field": func() { policies.Load[Book](db, "id", policies.LoadConfig{Column: "nonsense"}) },
		"two keys":      func() { policies.Load[composite](db, "id") },
		"no text's":     func() { policies.Load[measured](db, "id") },
		"no model":      func() { policies.Load[int](db, "id") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			wire()
		}()
	}
}
