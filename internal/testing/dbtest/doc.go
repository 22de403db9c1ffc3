// Package dbtest runs a test on every database that ginauth supports:
//
//	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
//		dbtest.Fixture(t, db) // if it needs the data
//		...
//	})
//
// SQLite needs no setup. PostgreSQL needs a server on which the test may create
// databases, named by GINAUTH_TEST_POSTGRES:
//
//	GINAUTH_TEST_POSTGRES=postgres://postgres@127.0.0.1:5432/postgres go test ./...
package dbtest
