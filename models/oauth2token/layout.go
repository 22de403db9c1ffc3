package oauth2token

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/internal/usertable"
	"github.com/ginauth/ginauth/models"
)

// The columns that later versions of django-oauth-toolkit have added.
const (
	checksumColumn = "token_checksum" // 3.0
	resourceColumn = "resource"       // 3.4
)

// layout is the table as one version of django-oauth-toolkit makes it, and the
// queries for one token with its user. The last column of stamped is the user's
// epoch. That of unstamped, for a database in which the table of epochs has not
// been seen, tells whether that exists now.
type layout struct {
	checksums          bool // tokens are looked up by digest, not by their text
	stamped, unstamped string
}

// layoutError says what is wrong with the table.
type layoutError string

func (e layoutError) Error() string { return "oauth2token: " + string(e) }

const (
	errNoTable = layoutError(`the database has no table ` + djangoschema.OAuth2TokenTable +
		`: run Django's "migrate oauth2_provider", or open the database that has it`)
	knownVersions = `ginauth knows the table of django-oauth-toolkit 1.0 to 3.4: migrate to one of these`
)

// readLayout looks at the columns of the table. The error is a [layoutError],
// or a failure.
func readLayout(ctx context.Context, users *models.Users) (*layout, error) {
	db := users.Database()
	query := sqlkit.CatalogOf(db).Columns + sqlkit.Placeholder(db, 1)
	columns, err := sqlkit.Texts(ctx, sqlkit.Pool(db), query, djangoschema.OAuth2TokenTable)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", djangoschema.OAuth2TokenTable, err)
	}
	if len(columns) == 0 {
		return nil, errNoTable
	}
	has := func(name string) bool { return slices.Contains(columns, name) }
	required := []string{"id", "user_id", "application_id", "expires", "scope", "created"}
	if !has(checksumColumn) {
		required = append(required, "token")
	}
	if has(resourceColumn) {
		required = append(required, checksumColumn)
	}
	for _, name := range required {
		if !has(name) {
			return nil, layoutError(fmt.Sprintf("the table %s has no column %q; it has %s: %s",
				djangoschema.OAuth2TokenTable, name, strings.Join(columns, ", "), knownVersions))
		}
	}
	return compile(db, userkit.Of(users).Table().SQL, has(checksumColumn), has(resourceColumn)), nil
}

// tokenTargets is the number of columns after the user's.
const tokenTargets = 10

// compile makes the queries for one token. The user is joined from the left: a
// token need not have one.
func compile(db *gorm.DB, user usertable.SQL, checksums, resources bool) *layout {
	key, resource := `t."token"`, "NULL"
	var later []string // columns of later versions
	if checksums {
		key = `t."` + checksumColumn + `"`
	} else {
		later = append(later, checksumColumn)
	}
	if resources {
		resource = `CAST(t."` + resourceColumn + `" AS text)`
	} else {
		later = append(later, resourceColumn)
	}
	list := fmt.Sprintf(`SELECT %s, t."id", CAST(t."application_id" AS text), t."scope", %s, `+
		`t."created", t."expires", t."user_id" IS NOT NULL, %s IS NOT NULL, %s, `,
		user.Columns, resource, user.Key, migrated(db, later))
	from := fmt.Sprintf(` FROM "%s" t LEFT JOIN %s u ON %s = t."user_id"%s`,
		djangoschema.OAuth2TokenTable, user.Table, user.Key, user.Live)
	epoch := ` LEFT JOIN "ginauth_epoch" e ON e."user_id" = ` + user.Key
	where := " WHERE " + key + " = " + sqlkit.Placeholder(db, 1)
	return &layout{
		checksums: checksums,
		stamped:   list + `COALESCE(e."epoch", 0)` + from + epoch + where,
		unstamped: list + sqlkit.TableExists(db, djangoschema.EpochTable) + from + where,
	}
}

// migrated returns a condition: whether the table has got one of the columns
// since. Each may restrict what tokens are good for, so a row must not be
// judged without them.
func migrated(db *gorm.DB, columns []string) string {
	if len(columns) == 0 {
		return "FALSE"
	}
	conditions := make([]string, len(columns))
	for i, name := range columns {
		conditions[i] = fmt.Sprintf("'%s' IN (%s'%s')",
			name, sqlkit.CatalogOf(db).Columns, djangoschema.OAuth2TokenTable)
	}
	return strings.Join(conditions, " OR ")
}
