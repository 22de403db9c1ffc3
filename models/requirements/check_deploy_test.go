package requirements_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// TestCheckDeploy checks which declarations are found before a deployment.
func TestCheckDeploy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		declared login.Requirements
		want     string
	}{
		{login.Requirements{All: []login.Requirement{requirements.DjangoOTP{}}}, ""},
		{login.Requirements{All: []login.Requirement{requirements.DjangoOTP{InsecureUnthrottled: true}}}, "unthrottled-codes: "},
		{login.Requirements{InsecureIgnored: []string{"account_emailaddress"}}, "ignored-tables: "},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		if err := errors.Join(db.Use(row.declared), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		found := users.CheckDeploy(t.Context())
		if row.want == "" && found != nil || found != nil && !strings.Contains(found.Error(), row.want) || row.want != "" && found == nil {
			t.Errorf("%v, want %q", found, row.want)
		}
	}
}
