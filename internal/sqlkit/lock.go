package sqlkit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"gorm.io/gorm"
)

// Lock waits for PostgreSQL's advisory lock of that name and holds it until the
// transaction tx ends. The timeout bounds the wait. Names stand for what has no
// row of its own to lock, or a row that the application may not be allowed to
// change. A shared lock excludes exclusive ones only. On SQLite the transaction
// holds the whole database already.
func Lock(ctx context.Context, tx *gorm.DB, name string, shared bool) error {
	if tx.Name() == "sqlite" {
		return nil
	}
	statement := "SELECT pg_advisory_xact_lock($1)"
	if shared {
		statement = "SELECT pg_advisory_xact_lock_shared($1)"
	}
	_, err := Exec(ctx, Pool(tx), statement, lockNumber(name))
	return err
}

// LockStatement returns the statement by which [Lock] takes an exclusive lock
// on PostgreSQL, for a script.
func LockStatement(name string) string {
	return fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lockNumber(name))
}

func lockNumber(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any number will do
}
