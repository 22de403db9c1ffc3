package requirements

import (
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// bound replaces each ? of a statement by the dialect's parameter. Columns in
// the statements are qualified by their table: SQLite takes a quoted name that
// is no column to be a text.
func bound(db *gorm.DB, statement string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(statement, "?") {
		if n > 0 {
			b.WriteString(sqlkit.Placeholder(db, n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
