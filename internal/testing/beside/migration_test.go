package beside_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

const connections = 16

// migrations are changes that a Django beside ginauth makes to tables that
// ginauth reads. Each changes what some of its statements return, or the result
// of SELECT *.
var migrations = []string{
	`ALTER TABLE auth_user ALTER COLUMN first_name TYPE varchar(300)`,
	`ALTER TABLE auth_user ALTER COLUMN username TYPE varchar(200), ADD COLUMN phone varchar(20)`,
	`ALTER TABLE auth_user DROP COLUMN phone`,
	`ALTER TABLE auth_group ALTER COLUMN name TYPE varchar(200)`,
	`ALTER TABLE auth_permission ALTER COLUMN codename TYPE varchar(200)`,
	`ALTER TABLE authtoken_token ALTER COLUMN key TYPE varchar(64)`,
	`ALTER TABLE django_session ALTER COLUMN session_data TYPE varchar(100000)`,
	`ALTER TABLE core_note ADD COLUMN body text NOT NULL DEFAULT ''`,
	`ALTER TABLE core_note ALTER COLUMN title TYPE varchar(500)`,
	`ALTER INDEX authtoken_token_pkey RENAME TO authtoken_token_pkey_renamed`,
	`ALTER TABLE rest_framework_api_key_apikey ALTER COLUMN name TYPE varchar(90)`,
	`ALTER TABLE ginauth_access_token ALTER COLUMN name TYPE varchar(300)`,
	`ALTER TABLE ginauth_epoch ALTER COLUMN epoch TYPE numeric(30)`,
}

// TestAMigrationBesideUs checks that a pool of warm connections goes on through
// migrations by another program, answering nothing but 200, whichever statement
// cache the driver has or GORM puts before it, and behind a pooler.
func TestAMigrationBesideUs(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, url string) *gorm.DB{
		"cache_statement": func(t *testing.T, url string) *gorm.DB {
			return openMode(t, url, pgx.QueryExecModeCacheStatement, false)
		},
		"cache_describe": func(t *testing.T, url string) *gorm.DB {
			return openMode(t, url, pgx.QueryExecModeCacheDescribe, false)
		},
		"behind PgBouncer": func(t *testing.T, url string) *gorm.DB { return dbtest.Open(t, bouncertest.Start(t, url)) },
		"PrepareStmt": func(t *testing.T, url string) *gorm.DB {
			return openMode(t, url, pgx.QueryExecModeCacheStatement, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := dbtest.Postgres(t)
			healthy := prepare(t, url)
			s := newSite(t, open(t, url))
			reads := s.reads(t, healthy)
			for _, r := range reads {
				s.together(2*connections, func(int) request { return r })
			}
			for _, statement := range migrations {
				if err := healthy.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
				for name, r := range reads {
					if statuses, bad := s.together(60, func(int) request { return r }); statuses[200] != 60 {
						t.Errorf("%s after %s: %v %s", name, statement, statuses, bad)
					}
				}
				if t.Failed() {
					t.Fatal(s.Log.String())
				}
			}
		})
	}
}

// openMode opens a database whose connections prepare statements in the given
// way.
func openMode(t *testing.T, url string, mode pgx.QueryExecMode, prepare bool) *gorm.DB {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = mode
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	t.Cleanup(func() { pool.Close() })
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{PrepareStmt: prepare, Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return db
}
