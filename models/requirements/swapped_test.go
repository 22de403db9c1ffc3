package requirements_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangologin"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/requirements"
)

// TestUsersWithUUIDs checks users whose keys Django stores in SQLite as 32
// digits, and Go in groups: where rows cannot be found by the key, a login must
// fail, because a device would not be found either.
func TestUsersWithUUIDs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := errors.Join(db.Use(people.Passwords), db.Use(models.AuthUserModel[modeltest.Account]{UsernameField: "email"}),
			db.Use(requiring(requirements.DjangoOTP{})), db.AutoMigrate(&modeltest.Account{}), models.Migrate(db))
		if err != nil {
			t.Fatal(err)
		}
		uuid := "uuid"
		if db.Name() == "sqlite" {
			uuid = "char(32)"
		}
		djangologin.Exec(t, db, `CREATE TABLE otp_totp_totpdevice (id integer PRIMARY KEY, confirmed bool NOT NULL, key varchar(80) NOT NULL,
			step smallint NOT NULL, t0 bigint NOT NULL, digits smallint NOT NULL, tolerance smallint NOT NULL, drift smallint NOT NULL,
			last_t bigint NOT NULL, throttling_failure_count integer NOT NULL, throttling_failure_timestamp timestamp NULL, user_id `+uuid+` NOT NULL)`)
		modeltest.NewAccount(t, db, "alice@example.com", "pw")
		modeltest.NewAccount(t, db, "bob@example.com", "pw")
		if db.Name() == "sqlite" {
			djangologin.Exec(t, db, "UPDATE accounts SET id = REPLACE(id, '-', '')")
		}
		djangologin.Exec(t, db, `INSERT INTO otp_totp_totpdevice SELECT 1, true, '3132333435363738', 30, 0, 6, 1, 0, -1, 0, NULL, id
			FROM accounts WHERE email = 'alice@example.com'`)
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"alice@example.com", "bob@example.com"} {
			_, err := login.AuthenticateUnlimited(t.Context(), users, login.Credentials{Username: name, Password: "pw"})
			refusal, refused := errors.AsType[*login.Refusal](err)
			switch {
			case db.Name() == "sqlite" && (err == nil || refused):
				t.Errorf("%s: %v although devices cannot be found", name, err)
			case db.Name() == "postgres" && name == "bob@example.com" && err != nil:
				t.Errorf("%s: %v", name, err)
			case db.Name() == "postgres" && name == "alice@example.com" && (!refused || refusal.Code != "otp_required"):
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
