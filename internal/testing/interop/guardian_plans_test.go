package interop_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/fixture"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// note is a row of the running Django's model core.Note.
type note struct {
	ID      int64
	Title   string
	OwnerID int64
}

func (note) TableName() string { return "core_note" }

// manyNotes are the statements that make notes and as many grants to users and
// to groups, from 101 to the number %[1]d. Note 777 is shared with every user,
// and user 101 has been granted a tenth of the notes; the others are granted to
// all other users evenly, and each note to a group. Users have three groups.
// PostgreSQL checks no foreign keys meanwhile, which would take longer than all
// the rest.
const manyNotes = `
	SET session_replication_role = replica;
	INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
		SELECT n, '', false, 'user ' || n, '', '', '', false, true, now() FROM generate_series(101, 10100) n;
	INSERT INTO auth_group (id, name) SELECT n, 'group ' || n FROM generate_series(101, 600) n;
	INSERT INTO auth_user_groups (user_id, group_id)
		SELECT n, 101 + (n + shift) %% 500 FROM generate_series(101, 10100) n, unnest(ARRAY[0, 7, 13]) shift;
	INSERT INTO core_note (id, title, owner_id) SELECT n, '', 101 + n %% 10000 FROM generate_series(101, %[1]d) n;
	INSERT INTO guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)
		SELECT '777', content_type_id, p.id, n FROM generate_series(101, 10100) n, auth_permission p WHERE codename = 'view_note'
		UNION ALL
		SELECT n::text, content_type_id, p.id, CASE n %% 10 WHEN 0 THEN 101 ELSE 102 + n %% 9999 END
		FROM generate_series(101, %[1]d) n, auth_permission p WHERE codename = 'view_note' AND n <> 777;
	INSERT INTO guardian_groupobjectpermission (object_pk, content_type_id, permission_id, group_id)
		SELECT n::text, p.content_type_id, p.id, 101 + n / 4 %% 500 FROM generate_series(101, %[1]d) n
		JOIN auth_permission p ON p.codename = (ARRAY['view', 'add', 'change', 'delete'])[1 + n %% 4] || '_note';
	SET session_replication_role = origin;
	ANALYZE`

// questions are what users ask about many notes. Each is one query.
var questions = []struct {
	name, user, path, answer string
	reads                    *regexp.Regexp // the condition under which an index of guardian's is read
}{
	{"an object shared with everyone", "user 5000", "/may/777", "yes", ofOneObject},
	{"another object", "user 5000", "/may/778", refused, ofOneObject},
	{"one of very many objects", "user 101", "/may/2000", "yes", ofOneObject},
	{"not one of them", "user 101", "/may/2001", refused, ofOneObject},
	{"a page", "user 5000", "/page", "20", ofOneOwner},
	{"a page of very many", "user 101", "/page", "20", ofOneOwner},
	{"a count", "user 5000", "/count", "", ofOneOwner},
}

const refused = "404 not_found: refused by ObjectPermissions(core.note)"

var (
	readsATable = regexp.MustCompile(`Seq Scan on (core_note|guardian_|auth_user)`)
	// how a plan reads guardian's tables, and the condition that follows
	readsGrants = regexp.MustCompile(`(?: using \w+ on guardian_| Bitmap Index Scan on guardian_).*\n *(.*)`)
	ofOneOwner  = regexp.MustCompile(`^Index Cond: .*\b(user_id|group_id) = `)
	ofOneObject = regexp.MustCompile(`^Index Cond: (.*\b(user_id|group_id|permission_id|object_pk)\b[^=]* = ){3}`)
)

// TestPlansOnGuardiansIndexes explains the queries about objects on tables that
// the running Django has made, with the indexes of its guardian. None reads a
// table of notes or grants as a whole, nor all grants for an object; nor, about
// one object, all grants of a user. That holds for the plans that PostgreSQL
// makes for a user, and for the one that it keeps for all.
func TestPlansOnGuardiansIndexes(t *testing.T) {
	t.Parallel()
	db := withNotes(t, 100_000)
	recorded, recorder := dbtest.Record(db)
	for _, q := range questions {
		site := notesSeenBy(t, recorded, q.user)
		recorder.Queries()
		if got := ask(t, site, q.path); got != q.answer && q.answer != "" {
			t.Errorf("%s: %s, want %s", q.name, got, q.answer)
		}
		queries := recorder.Queries()
		if len(queries) != 1 {
			t.Fatalf("%s: %d queries", q.name, len(queries))
		}
		for kept, plan := range map[bool]string{false: dbtest.Plan(t, db, queries[0]), true: keptPlan(t, db, queries[0])} {
			if found := readsGrants.FindAllStringSubmatch(plan, -1); len(found) < 2 || readsATable.MatchString(plan) ||
				slices.ContainsFunc(found, func(line []string) bool { return !q.reads.MatchString(line[1]) }) {
				t.Errorf("%s, kept %v: %s\n%s", q.name, kept, queries[0].Text, plan)
			}
		}
	}
}

// BenchmarkOnGuardiansIndexes asks the same about a million notes. The figures
// are in docs/permissions.md.
func BenchmarkOnGuardiansIndexes(b *testing.B) {
	db := withNotes(b, 1_000_000)
	for _, q := range questions {
		b.Run(q.name, func(b *testing.B) {
			site := notesSeenBy(b, db, q.user)
			for range 10 { // until PostgreSQL keeps a plan
				ask(b, site, q.path)
			}
			for b.Loop() {
				ask(b, site, q.path)
			}
		})
	}
}

// withNotes returns a database that the running Django has migrated, with that
// many notes.
func withNotes(t testing.TB, notes int) *gorm.DB {
	t.Helper()
	url := database(t)
	db := dbtest.Open(t, url)
	startDjango(t, url).do(t, "take_over")
	must(t, models.Migrate(db))
	must(t, fixture.Fill(t.Context(), db))
	db = db.Session(&gorm.Session{Logger: logger.Discard}) // of slow statements
	must(t, db.Connection(func(tx *gorm.DB) error {
		for statement := range strings.SplitSeq(fmt.Sprintf(manyNotes, 100+notes), ";\n") {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return db
}

// keptPlan returns the plan that PostgreSQL may keep for a prepared statement,
// whatever its arguments.
func keptPlan(t *testing.T, db *gorm.DB, q dbtest.Query) (plan string) {
	t.Helper()
	values := make([]string, len(q.Args))
	for i, arg := range q.Args {
		values[i] = fmt.Sprintf("'%v'", arg)
	}
	must(t, db.Connection(func(tx *gorm.DB) error {
		for _, statement := range []string{"SET plan_cache_mode = force_generic_plan", "PREPARE kept AS " + q.Text} {
			must(t, tx.Exec(statement).Error)
		}
		plan = dbtest.Plan(t, tx, dbtest.Query{Text: "EXECUTE kept(" + strings.Join(values, ", ") + ")"})
		for _, statement := range []string{"DEALLOCATE kept", "RESET plan_cache_mode"} {
			must(t, tx.Exec(statement).Error)
		}
		return nil
	}))
	return plan
}

func ask(t testing.TB, site http.Handler, path string) string {
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Body.String()
}

// notesSeenBy answers what one user sees.
func notesSeenBy(t testing.TB, db *gorm.DB, name string) *gin.Engine {
	t.Helper()
	users, err := models.UsersOf(db)
	must(t, err)
	user, err := users.ByUsername(t.Context(), name)
	must(t, err)
	fixed := policies.AuthenticatorFunc("Fixed", func(*gin.Context) (*ginauth.Identity, error) { return &ginauth.Identity{User: user}, nil })
	seen := policies.ObjectPermissions[note](db, policies.ObjectPermissionsConfig{Map: policies.ViewPermsMap(), ObjectOnly: true})
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(fixed), ginauth.PermissionClasses(seen), ginauth.ObjectsInHandler())
	say := func(c *gin.Context, answer any, err error) {
		if err != nil {
			answer = err
		}
		c.String(http.StatusOK, "%v", answer)
	}
	engine.GET("/may/:id", func(c *gin.Context) {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err == nil {
			err = ginauth.CheckObject(c, &note{ID: id})
		}
		say(c, "yes", err)
	})
	engine.GET("/page", func(c *gin.Context) {
		var page []note
		err := policies.Filter(c, db).Order("id").Limit(20).Find(&page).Error
		say(c, len(page), err)
	})
	engine.GET("/count", func(c *gin.Context) {
		var n int64
		err := policies.Filter(c, db.Model(&note{})).Count(&n).Error
		say(c, n, err)
	})
	return engine
}
