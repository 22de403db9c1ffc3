package djangoschema

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotMigrated is models.ErrNotMigrated.
var ErrNotMigrated = errors.New("models: the database lacks tables")

// MissingTables is an [ErrNotMigrated] that names the tables.
type MissingTables struct{ Names []string } // at least one

// Missing returns the error about these tables.
func Missing(tables ...string) *MissingTables { return &MissingTables{tables} }

// Error names the tables and the remedy.
func (m *MissingTables) Error() string {
	return fmt.Sprintf(`models: the database has no table %s: run "ginauth migrate" first, or call models.Migrate`,
		strings.Join(m.Names, ", "))
}

// Is reports whether target is [ErrNotMigrated].
func (*MissingTables) Is(target error) bool { return target == ErrNotMigrated }
