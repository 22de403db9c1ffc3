package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

// large is a database of PostgreSQL that is filled with many rows.
type large struct {
	db       *gorm.DB
	recorded *gorm.DB // the same, through recorder
	recorder *dbtest.Recorder
	close    func()
}

func openLarge() (*large, error) {
	url, drop, err := createPostgres()
	if err != nil {
		return nil, err
	}
	db, err := opened(url)
	if err != nil {
		drop()
		return nil, err
	}
	db.Logger = logger.Discard // it would tell of slow statements
	if err := models.Migrate(db); err != nil {
		drop()
		return nil, err
	}
	l := &large{db: db, close: func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
		drop()
	}}
	l.recorded, l.recorder = dbtest.Record(db)
	return l, nil
}

// fill executes statements and brings what the planner knows up to date.
// Foreign keys are not checked where the role may leave that out, which is
// several times as fast.
func (l *large) fill(statements ...string) error {
	return l.db.Connection(func(tx *gorm.DB) error {
		if tx.Exec("SET session_replication_role = replica").Error == nil {
			defer tx.Exec("RESET session_replication_role")
		}
		for _, statement := range append(statements, "VACUUM ANALYZE") {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// room refuses to write more than half of what is free where the database keeps
// its files, if that is a disk of this machine.
func (l *large) room(rows, bytesEach int) error {
	var directory string
	if err := l.db.Raw("SHOW data_directory").Scan(&directory).Error; err != nil {
		return nil //nolint:nilerr // a role that may not see it cannot check
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(directory, &disk); err != nil {
		return nil //nolint:nilerr // it is on another machine
	}
	needed, free := int64(rows)*int64(bytesEach), int64(disk.Bavail)*disk.Bsize
	if needed > free/2 {
		return fmt.Errorf("%d rows take %d MB, and %s has %d MB: lower -max", rows, needed>>20, directory, free>>20)
	}
	return nil
}

// megabytes returns the size of the database.
func (l *large) megabytes() (string, error) {
	var size int64
	err := l.db.Raw("SELECT pg_database_size(current_database())").Scan(&size).Error
	return fmt.Sprint(size >> 20), err
}

// explained is what PostgreSQL tells of statements that it has executed.
type explained struct {
	statements, buffers int
	plan                string // the scans
}

// explain executes the statements again that a call sends, and returns what they
// read.
func (l *large) explain(call func() error) (e explained, err error) {
	l.recorder.Queries()
	if err := call(); err != nil {
		return e, err
	}
	queries := l.recorder.Queries()
	if len(queries) == 0 {
		return e, errors.New("no statement was seen")
	}
	var scans []string
	for _, q := range queries {
		var text string
		const explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
		pool := l.db.Statement.ConnPool
		err := pool.QueryRowContext(context.Background(), explain+q.Text, q.Args...).Scan(&text)
		if err != nil {
			return e, fmt.Errorf("%w: %s", err, q.Text)
		}
		var plans []struct{ Plan node }
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			return e, err
		}
		e.statements, e.buffers = e.statements+1, e.buffers+plans[0].Plan.Hit+plans[0].Plan.Read
		scans = append(scans, plans[0].Plan.scans()...)
	}
	slices.Sort(scans)
	e.plan = strings.Join(slices.Compact(scans), ", ")
	return e, nil
}

// node is a node of a plan. Its counts include those of the nodes below.
type node struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Hit      int    `json:"Shared Hit Blocks"`
	Read     int    `json:"Shared Read Blocks"`
	Plans    []node
}

// scans returns how tables and indexes are read.
func (n node) scans() (all []string) {
	switch {
	case n.Index != "":
		all = append(all, n.Type+" of "+n.Index)
	case n.Relation != "" && n.Type != "Bitmap Heap Scan":
		all = append(all, n.Type+" of "+n.Relation)
	}
	for _, below := range n.Plans {
		all = append(all, below.scans()...)
	}
	return all
}
