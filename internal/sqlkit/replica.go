package sqlkit

import (
	"context"
	"database/sql"
	"net/http"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/lag"
)

// Replica answers reads that may be late in place of its primary, on PostgreSQL.
// It is a setting of the primary, a GORM plugin, made by [NewReplica]. See
// [Lagging].
//
// What the replica has is proved, not guessed: when it has replayed the
// position that the primary's log had at a time, it has all that was committed
// before that time. It is asked as long as its latest proof is no older than
// the greatest lag, and younger than the last write of this process.
type Replica struct {
	db       *gorm.DB
	maxLag   time.Duration
	began    time.Time
	proved   atomic.Int64 // the time of the latest proof, since began; 0: none
	wrote    atomic.Int64 // the time of the last write
	checked  atomic.Int64 // the time of the last check
	checking atomic.Bool
}

const replicaPlugin = "ginauth:replica_of"

// NewReplica returns the setting.
func NewReplica(replica *gorm.DB, maxLag time.Duration) *Replica {
	return &Replica{db: replica, maxLag: maxLag, began: time.Now()}
}

// Name implements [gorm.Plugin].
func (*Replica) Name() string { return replicaPlugin }

// Initialize implements [gorm.Plugin].
func (r *Replica) Initialize(*gorm.DB) error {
	lag.Note(r.maxLag)
	return nil
}

// checksPerLag is how many checks fall into the greatest lag.
const checksPerLag = 4

func replicaOf(db *gorm.DB) *Replica {
	r, _ := db.Plugins[replicaPlugin].(*Replica)
	return r
}

// lagging is a context under which a replica may answer.
type lagging struct {
	context.Context //nolint:containedctx // it is one
	answered        atomic.Bool
}

type laggingKey struct{}

// Value implements [context.Context].
func (l *lagging) Value(key any) any {
	if key == (laggingKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// Lagging calls ask with a context under which a replica may answer what ask
// reads, other than in a transaction. If a replica has answered, and ask says no
// or fails, ask is called again, for the primary to answer: lag takes nothing
// away from a client, and only a yes may be late. So ask must have no effects
// unless it says yes. It costs nothing where no database has a replica.
//
// A request with an unsafe method is answered by the primary: what it makes,
// such as another credential, could outlive the revocation that the replica
// does not have yet.
func Lagging(r *http.Request, ask func(ctx context.Context) (yes bool, err error)) (yes bool, err error) {
	ctx := r.Context()
	if lag.Greatest() == 0 || !safe(r.Method) {
		return ask(ctx)
	}
	mark := &lagging{Context: ctx}
	yes, err = ask(mark)
	if mark.answered.Load() && (!yes || err != nil) {
		return ask(ctx)
	}
	return yes, err
}

// safe reports whether a method changes nothing (RFC 9110 section 9.2.1).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// AnsweredLate reports whether a replica has answered under ctx. What is kept of
// such an answer may serve only where [Suffices] says so.
func AnsweredLate(ctx context.Context) bool {
	mark, marked := ctx.Value(laggingKey{}).(*lagging)
	return marked && mark.answered.Load()
}

// Suffices reports whether a kept answer may serve under ctx, as if it had just
// been read; late says that a replica gave it.
func Suffices(ctx context.Context, late bool) bool {
	mark, marked := ctx.Value(laggingKey{}).(*lagging)
	if late && marked {
		mark.answered.Store(true)
	}
	return !late || marked
}

// late returns the result of a query by the replica, if that may answer it and
// does. A replica that fails, or takes a quarter of the time that the primary
// has, is not asked again before its next proof.
func (c *Conn) late(ctx context.Context, query string, args []any) (rows *sql.Rows, ok bool) {
	mark, marked := ctx.Value(laggingKey{}).(*lagging)
	if !marked {
		return nil, false
	}
	r := replicaOf(c.db())
	if r == nil || !r.current(c.db()) {
		return nil, false
	}
	patient, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(TimeoutOf(c.db())/4, cancel) // or it ends with ctx, after the rows are read
	rows, err := behindCache(r.db).QueryContext(patient, query, args...)
	if !timer.Stop() && err == nil {
		_ = rows.Close() //nolint:sqlclosecheck // the context has ended, and the rows with it
	} else if err == nil {
		mark.answered.Store(true)
		return rows, true
	}
	cancel()
	if ctx.Err() == nil {
		r.proved.Store(0)
	}
	return nil, false
}

// current reports whether the replica may answer now. Once in a while it begins
// a check, which no request waits for.
func (r *Replica) current(primary *gorm.DB) bool {
	now := int64(time.Since(r.began))
	if now-r.checked.Load() >= int64(r.maxLag/checksPerLag) && r.checking.CompareAndSwap(false, true) {
		r.checked.Store(now)
		go func() {
			defer r.checking.Store(false)
			r.check(primary)
		}()
	}
	proved := r.proved.Load()
	return proved > 0 && proved > r.wrote.Load() && now-proved <= int64(r.maxLag)
}

// Aside returns a context under which a statement may write without sending the
// reads that follow to the primary: for what no replica is asked about.
func Aside(ctx context.Context) context.Context { return context.WithValue(ctx, asideKey{}, true) }

type asideKey struct{}

// noteWrite is called after a statement that may have changed something, so
// that what this process has revoked is over for it at once.
func noteWrite(db *gorm.DB) {
	r := replicaOf(db)
	if r == nil {
		return
	}
	now := int64(time.Since(r.began))
	for last := r.wrote.Load(); now > last && !r.wrote.CompareAndSwap(last, now); {
		last = r.wrote.Load()
	}
}

// The timelines, and the names of the clusters, are compared because a position
// says nothing about another log: that of another database, or of a primary
// that has been replaced.
const (
	positionOfPrimary = `SELECT pg_current_wal_insert_lsn()::text, system_identifier::text, ` +
		`substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) FROM pg_control_system()`
	replicaHas = `SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::pg_lsn ` +
		`AND system_identifier::text = $2 AND min_recovery_end_timeline = ('x' || $3)::bit(32)::integer ` +
		`FROM pg_control_system(), pg_control_recovery()`
)

// check looks for a proof. It finds none if either cannot be asked.
func (r *Replica) check(primary *gorm.DB) {
	ctx, cancel := context.WithTimeout(context.Background(), r.maxLag)
	defer cancel()
	at := int64(time.Since(r.began))
	var position, cluster, timeline string
	if _, err := Row(ctx, Pool(primary), positionOfPrimary, nil, &position, &cluster, &timeline); err != nil {
		return
	}
	has := false
	_, err := Row(ctx, Pool(r.db), replicaHas, []any{position, cluster, timeline}, &has)
	if err == nil && has {
		r.proved.Store(max(at, 1))
	}
}
