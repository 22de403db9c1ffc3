package models

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
)

// UserModel is the interface that ginauth demands of a user struct: of [User],
// and of an application's own (see [AuthUserModel]).
type UserModel interface {
	Authenticated() bool // false for an anonymous user
	Active() bool        // false: no credential of the user is accepted
}

// User is a row of auth_user, Django's table of users. A user with a zero
// IsActive cannot log in; [CreateUser] sets it.
type User struct {
	ID int64 `gorm:"column:id;primaryKey;autoIncrement"`
	// Password is a hash, see [Passwords].
	Password    Secret     `gorm:"column:password;size:128;not null" json:"-"`
	LastLogin   *time.Time `gorm:"column:last_login"`
	IsSuperuser bool       `gorm:"column:is_superuser;not null"`
	Username    string     `gorm:"column:username;size:150;not null;unique"`
	FirstName   string     `gorm:"column:first_name;size:150;not null"`
	LastName    string     `gorm:"column:last_name;size:150;not null"`
	Email       string     `gorm:"column:email;size:254;not null"`
	IsStaff     bool       `gorm:"column:is_staff;not null"`
	IsActive    bool       `gorm:"column:is_active;not null"`
	DateJoined  time.Time  `gorm:"column:date_joined;not null"`
	membership
	stamp
}

// TableName returns Django's name for the table.
func (User) TableName() string { return "auth_user" }

// Authenticated is true, except for a nil user (Django: is_authenticated).
func (u *User) Authenticated() bool { return u != nil }

// Active reports whether the user's credentials are accepted.
func (u *User) Active() bool { return u.IsActive }

// Staff reports whether the user passes IsAdminUser.
func (u *User) Staff() bool { return u.IsStaff }

// Superuser reports whether the user has every permission.
func (u *User) Superuser() bool { return u.IsSuperuser }

// Subject returns the id, which names the user in logs.
func (u *User) Subject() string { return strconv.FormatInt(u.ID, 10) }

// String returns the user name, as in Django.
func (u *User) String() string { return u.Username }

// AfterFind lets a user that GORM has loaded ask the database for its groups
// and permissions.
func (u *User) AfterFind(tx *gorm.DB) error {
	Bind(tx, u)
	return nil
}

// AbstractBaseUser is embedded by an application's own user struct to give it a
// password (Django's class of that name). The struct adds the method Active,
// which reports whether the user's credentials are accepted.
type AbstractBaseUser struct {
	Password  Secret     `gorm:"column:password;size:128;not null" json:"-"`
	LastLogin *time.Time `gorm:"column:last_login"`
	stamp
}

// Authenticated is true, except for a nil user.
func (u *AbstractBaseUser) Authenticated() bool { return u != nil }

// BaseUser is embedded in place of [AbstractBaseUser] if the table lacks the
// columns password and last_login. It adds no columns; [AuthUserModel] names the
// password's. A user struct that embeds neither costs a query more for each JSON
// web token and session, to read when [Users.RevokeAll] was last called.
type BaseUser struct{ stamp }

// Authenticated is true, except for a nil user.
func (u *BaseUser) Authenticated() bool { return u != nil }

// PermissionsMixin is embedded by an application's own user struct to give it
// groups and permissions (Django's class of that name). The join tables name
// their column after the struct, as Django names it after the model: account_id
// for Account. The struct's AfterFind hook must call [Bind].
type PermissionsMixin struct {
	IsSuperuser bool `gorm:"column:is_superuser;not null"`
	membership
}

// Superuser reports whether the user has every permission.
func (m *PermissionsMixin) Superuser() bool { return m.IsSuperuser }

// maxUsername is the length of auth_user's column.
const maxUsername = 150

// ErrInvalidUsername reports that Django's forms would refuse a user name.
var ErrInvalidUsername = errors.New("models: invalid user name")

// CleanUsername returns a user name in the form NFKC, in which it is stored
// (Django: AbstractBaseUser.normalize_username): names that look the same
// mostly become the same. The error is [ErrInvalidUsername] unless the result
// has 1 to 150 characters, each a letter, a digit or one of @ . + - _ (Django:
// UnicodeUsernameValidator).
func CleanUsername(name string) (string, error) {
	name = norm.NFKC.String(name)
	if err := checkUsername(name); err != nil {
		return name, err
	}
	if strings.ContainsFunc(name, notInUsernames) {
		return name, fmt.Errorf("%w: the user name may contain only letters, numbers, and @ . + - _",
			ErrInvalidUsername)
	}
	return name, nil
}

// notInUsernames is the complement of Python's [\w.@+-].
func notInUsernames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_.@+-", r)
}

// checkUsername returns an error if the column cannot hold a name.
func checkUsername(name string) error {
	if name == "" {
		return fmt.Errorf("%w: the user name is empty", ErrInvalidUsername)
	}
	if n := utf8.RuneCountInString(name); n > maxUsername || !sqlkit.Storable(name, maxUsername) {
		return fmt.Errorf("%w: the user name is longer than %d characters, or not UTF-8",
			ErrInvalidUsername, maxUsername)
	}
	return nil
}
