package models

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

const replicaPlugin = "ginauth:replica"

// Replica lets a streaming replica of a PostgreSQL database answer the look-ups
// of credentials and permissions that requests bring, so that the primary is
// asked less. It is a GORM plugin of the primary:
//
//	err := db.Use(models.Replica{DB: replica, MaxLag: time.Second})
//
// Only a yes may come from the replica: a credential or permission that it does
// not have, or does not accept, is looked up at the primary before it is
// refused. So a new token is good at once, and one that is revoked is refused
// everywhere within MaxLag. What this process has written itself, in
// transactions other than the application's, it never reads too late: after a
// write the primary answers until the replica has it.
//
// A replica is never asked about logins, refresh tokens that are exchanged,
// throttles, sessions, which a handler may write back, objects or the
// permissions on them; nor within a transaction. The primary answers everything
// while the replica is down, lags by more than MaxLag, or is not known to be in
// time. That is checked in the background, four times in MaxLag at most, and
// only while there are requests.
//
// A user that a replica has read may be old. Update its columns one by one; to
// save all of them may take a change back.
type Replica struct {
	// DB is the replica. It must be one server: a check says nothing about
	// another one behind the same address.
	DB *gorm.DB

	// MaxLag is the greatest age of an answer, exact, and independent of clocks.
	// Required; at least 100 ms.
	MaxLag time.Duration
}

const leastLag = 100 * time.Millisecond

// Name returns the plugin's name.
func (Replica) Name() string { return replicaPlugin }

// Initialize refuses a replica that is no PostgreSQL or the database itself, a
// lag that is too short, and a setting that comes too late. It does not ask the
// replica, which may be down.
func (r Replica) Initialize(db *gorm.DB) error {
	switch {
	case r.DB == nil:
		return errors.New("models: Replica has no DB; open the replica with database.Open")
	case r.DB.Name() != "postgres" || db.Name() != "postgres":
		return errors.New("models: Replica is for PostgreSQL")
	case r.DB.ConnPool == db.ConnPool:
		return errors.New("models: Replica.DB is the database itself")
	case r.MaxLag < leastLag:
		return fmt.Errorf("models: Replica.MaxLag is %v; it must be %v or more", r.MaxLag, leastLag)
	}
	if err := setting.Late(db, replicaPlugin, "models: Replica", usersReaders); err != nil {
		return err
	}
	return db.Use(sqlkit.NewReplica(r.DB, r.MaxLag))
}
