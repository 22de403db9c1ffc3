package models_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

// TestStatementsAfterARestore runs the statements that docs/upkeep.md has for a
// restored database.
func TestStatementsAfterARestore(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/upkeep.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```sql\n")
	statements, _, _ := strings.Cut(after, "```")
	db := openForScripts(t, dbtest.Postgres(t))
	modeltest.Migrate(t, db)
	modeltest.Create(t, db, "alice", "pw")
	modeltest.Create(t, db, "bob", "pw")
	users := modeltest.UsersOf(t, db)
	alice, bob := modeltest.Lookup(t, users, "alice"), modeltest.Lookup(t, users, "bob")
	must(t, users.RevokeAll(t.Context(), bob))
	tokens := modeltest.RefreshTokens(t, db)
	outstanding := modeltest.Outstanding("one")
	outstanding.User = alice
	must(t, tokens.Issue(t.Context(), outstanding))
	key, err := users.GetOrCreateToken(t.Context(), alice)
	must(t, err)
	modeltest.Execute(t, db, "INSERT INTO django_session VALUES ('k', 'd', now())",
		`INSERT INTO ginauth_access_token (id, digest, user_id, name, scopes, epoch, created, idle) VALUES ('a', 'd', 1, 'ci', '', 0, now(), 0)`)
	before := map[string]epoch.Epoch{}
	for _, name := range []string{"alice", "bob"} {
		before[name] = modeltest.EpochOf(t, users, modeltest.Lookup(t, users, name))
	}
	if strings.Count(statements, ";\n") != 8 {
		t.Fatalf("not the statements: %s", statements)
	}
	modeltest.Execute(t, db, statements)
	for name, epoch := range before {
		if now := modeltest.EpochOf(t, users, modeltest.Lookup(t, users, name)); now <= epoch {
			t.Errorf("%s: epoch %d, before %d", name, now, epoch)
		}
	}
	if _, _, err := users.ByToken(t.Context(), string(key.Key)); err == nil {
		t.Error("DRF's token is valid")
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM token_blacklist_blacklistedtoken":           1,
		"SELECT count(*) FROM ginauth_access_token WHERE revoked IS NULL": 0,
		"SELECT count(*) FROM django_session":                             0,
		"SELECT last_value / 1000000 FROM auth_user_id_seq":               1,
	} {
		var n int64
		if err := db.Raw(query).Scan(&n).Error; err != nil || n != want {
			t.Errorf("%s: %d, %v; want %d", query, n, err, want)
		}
	}
}
