package policies_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestFilterFindsWhatTheObjectCheckLetsPass draws papers, grants and
// compositions of all classes at random. For every request it compares
//   - what the rules mean, said in plain Go;
//   - what the guard and CheckObject let pass;
//   - what Filter finds, counts, pages through and changes.
//
// GINAUTH_TEST_SEED sets the seed.
func TestFilterFindsWhatTheObjectCheckLetsPass(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		seed := uint64(1)
		if text := os.Getenv("GINAUTH_TEST_SEED"); text != "" {
			var err error
			if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("GINAUTH_TEST_SEED=%d", seed)
		w := newWorld(t, db, rand.New(rand.NewPCG(seed, 0)))
		classes, worlds := leaves(db), 9
		if db.Name() == "postgres" || testing.Short() {
			worlds = 2
		}
		for i := range worlds {
			w.reset(t)
			if i == 0 { // each class by itself, or what it refuses
				for _, class := range classes {
					w.try(t, []rule{w.negated(class)})
				}
				continue
			}
			for range 16 {
				list := []rule{w.compose(classes, 4)}
				for w.lot.IntN(3) == 0 {
					list = append(list, w.compose(classes, 2))
				}
				w.try(t, list)
			}
		}
		if w.requests < 1000 || w.divided < w.requests/4 {
			t.Errorf("only %[2]d of %[1]d requests could touch some papers, but not all: the test is void", w.requests, w.divided)
		}
	})
}

// try makes requests of every persona with every method to a route with these
// rules.
func (w *world) try(t *testing.T, rules []rule) {
	var classes []ginauth.Permission
	for _, r := range rules {
		classes = append(classes, r.permission)
	}
	group := w.site.Auth.With(w.site.Engine, ginauth.PermissionClasses(classes[0], classes[1:]...), ginauth.ObjectsInHandler())
	path := fmt.Sprint("/", len(w.site.Engine.Routes()))
	var handle gin.HandlerFunc
	methods := []string{"GET", "POST", "PUT", "DELETE"}
	group.Match(methods, path, func(c *gin.Context) { handle(c) })
	for _, p := range w.people {
		for _, method := range methods {
			r := &request{world: w, t: t, what: fmt.Sprintf("%s %s %v", method, p.Username, classes)}
			for _, row := range w.papers {
				if !slices.ContainsFunc(rules, func(r rule) bool { return !r.passes(p, method, row) }) {
					r.allowed = append(r.allowed, row)
				}
			}
			w.asks, handle = p, r.handle
			w.requests++
			if len(r.allowed) > 0 && len(r.allowed) < len(w.papers) {
				w.divided++
			}
			answer := httptest.NewRecorder()
			w.site.Engine.ServeHTTP(answer, httptest.NewRequest(method, path, nil))
			r.judge(answer.Code)
			if t.Failed() {
				t.FailNow()
			}
		}
	}
}

// request is a request with the papers that it may touch, deleted ones too.
type request struct {
	*world
	t       *testing.T
	what    string
	allowed []*paper
	reached bool
}

// judge checks that the guard refuses a request only if no object may pass.
func (r *request) judge(status int) {
	refused := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
	if r.reached != (status == http.StatusOK) || !r.reached && !refused || !r.reached && len(r.allowed) > 0 {
		r.t.Errorf("%s: %d, but these may pass: %v", r.what, status, ids(r.allowed, nil))
	}
}

func (r *request) handle(c *gin.Context) {
	r.reached = true
	r.same("CheckObject", r.checked(c), ids(r.allowed, nil))

	stored := func(row *paper) bool { return !row.DeletedAt.Valid }
	found, err := find(func(dest *[]*paper) error { return policies.Filter(c, r.db).Find(dest).Error })
	r.same("Find", found, ids(r.allowed, stored), err)

	f := filters[r.lot.IntN(len(filters))]
	found, err = find(func(dest *[]*paper) error {
		return f.find(r.db, func(tx *gorm.DB) *gorm.DB { return policies.Filter(c, tx) }, dest)
	})
	r.same(f.name, found, ids(r.allowed, func(row *paper) bool { return (stored(row) || f.deleted) && f.match(row) }), err)

	found, err = find(func(dest *[]*paper) error { return pages(policies.Filter(c, r.db), dest) })
	r.same("pages", found, ids(r.allowed, stored), err)
	r.counts(c, len(ids(r.allowed, stored)))
}

// checked returns the papers that CheckObject lets pass.
func (r *request) checked(c *gin.Context) (passed []int64) {
	for _, row := range r.papers {
		object := *row
		err := ginauth.CheckObject(c, &object)
		var e *ginauth.Error
		switch {
		case err == nil:
			passed = append(passed, row.ID)
		case !errors.As(err, &e) || e.Status >= http.StatusInternalServerError:
			r.t.Errorf("%s: %v", r.what, err)
		}
	}
	return passed
}

// counts checks that Count and Update reach as many papers as Find. Updates are
// rolled back.
func (r *request) counts(c *gin.Context, want int) {
	var count int64
	if err := policies.Filter(c, r.db.Model(&paper{})).Count(&count).Error; err != nil || count != int64(want) {
		r.t.Errorf("%s: Count is %d, want %d, %v", r.what, count, want, err)
	}
	tx := r.db.Begin()
	defer tx.Rollback()
	result := policies.Filter(c, tx).Model(&paper{}).Where("id > 0").Or("1 = 1").Update("stars", 9)
	if result.Error != nil || result.RowsAffected != int64(want) {
		r.t.Errorf("%s: Update changed %d, want %d, %v", r.what, result.RowsAffected, want, result.Error)
	}
}

func (r *request) same(what string, got, want []int64, errs ...error) {
	if err := errors.Join(errs...); err != nil || !slices.Equal(got, want) {
		r.t.Errorf("%s:\n%s: %v, want %v, %v", r.what, what, got, want, err)
	}
}

// find returns the ids of what a query finds, in order.
func find(query func(dest *[]*paper) error) ([]int64, error) {
	var rows []*paper
	err := query(&rows)
	slices.SortFunc(rows, func(a, b *paper) int { return cmp.Compare(a.ID, b.ID) })
	return ids(rows, nil), err
}

// pages reads all pages of a list.
func pages(list *gorm.DB, dest *[]*paper) error {
	for {
		var page []*paper
		if err := list.Order("stars IS NULL, stars, id").Limit(5).Offset(len(*dest)).Find(&page).Error; err != nil || len(page) == 0 {
			return err
		}
		*dest = append(*dest, page...)
	}
}

func ids(rows []*paper, match func(*paper) bool) (ids []int64) {
	for _, row := range rows {
		if match == nil || match(row) {
			ids = append(ids, row.ID)
		}
	}
	return ids
}
