package models_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// clerk is a user of a table that an application had before.
type clerk struct {
	ID int64
	models.BaseUser
	Email      string
	PassDigest string
}

func (clerk) TableName() string { return "clerks" }

// Active implements [models.UserModel].
func (*clerk) Active() bool { return true }

// TestHashesFitIntoTheColumn upgrades hashes in columns of several types: where
// the new hash does not fit, the login goes on, the stored hash stays, and no
// other is made in vain.
func TestHashesFitIntoTheColumn(t *testing.T) {
	encoded := modeltest.Encode(t, password.BCrypt{Cost: 4, Bare: true}, "pw")
	long := password.Hashers{password.PBKDF2SHA256{Iterations: 10}, password.BCrypt{}} // of 84 characters
	for _, row := range []struct {
		typ     string
		hashers password.Hashers
		fits    bool // on PostgreSQL; SQLite has no lengths
	}{
		{"varchar(60)", long, false},
		{"char(60)", long, false},
		{"varchar(83)", long, false},
		{"varchar(84)", long, true},
		{"text", long, true},
		{"varchar(60)", password.Hashers{password.BCrypt{Cost: 5, Bare: true}}, true},
		{"varchar(60)", password.Hashers{password.BCrypt{Cost: 5}}, false}, // seven characters more
	} {
		t.Run(row.typ, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				made := 0
				row.hashers = append(password.Hashers{encodes{row.hashers[0], &made}}, row.hashers[1:]...)
				must(t, db.Exec("CREATE TABLE clerks (id integer PRIMARY KEY, email text NOT NULL UNIQUE, pass_digest "+row.typ+")").Error)
				must(t, db.Exec("INSERT INTO clerks VALUES (1, 'ann@example.com', ?)", encoded).Error)
				must(t, db.Use(models.AuthUserModel[clerk]{UsernameField: "email", PasswordField: "pass_digest"}))
				must(t, db.Use(models.Passwords{Hashers: row.hashers}))
				users := modeltest.UsersOf(t, db)
				fits := row.fits || db.Name() == "sqlite"
				var user models.UserModel
				for range 3 {
					result, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("ann@example.com", "pw"))
					if user = result.User; err != nil {
						t.Fatal(err)
					}
				}
				var stored string
				db.Raw("SELECT pass_digest FROM clerks").Scan(&stored)
				if (stored != encoded) != fits || made != 1 {
					t.Errorf("%s became %s, after %d new hashes", encoded, stored, made)
				}
				if userkit.Of(users).Table().PasswordHash(user) != stored {
					t.Error("the user holds another hash than is stored")
				}
				deploy, set := users.CheckDeploy(t.Context()), users.SetPassword(t.Context(), user, "another")
				narrow := deploy != nil && strings.Contains(deploy.Error(), "password-column: models: clerks.pass_digest holds")
				if narrow == fits || (set == nil) != fits || set != nil && !strings.Contains(set.Error(), "widen the column") {
					t.Errorf("CheckDeploy: %v; SetPassword: %v", deploy, set)
				}
			})
		})
	}
}

// encodes is a hasher that counts the hashes that it makes.
type encodes struct {
	password.Hasher
	made *int
}

func (e encodes) Encode(password string) (string, error) {
	*e.made++
	return e.Hasher.Encode(password)
}
