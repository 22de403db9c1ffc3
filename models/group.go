package models

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Group is a row of auth_group.
type Group struct {
	ID          int32        `gorm:"column:id;primaryKey;autoIncrement"`
	Name        string       `gorm:"column:name;size:150;not null;unique"`
	Permissions []Permission `gorm:"many2many:auth_group_permissions"`
}

// TableName is Django's.
func (Group) TableName() string { return "auth_group" }

// Permission is a row of auth_permission.
type Permission struct {
	ID            int32       `gorm:"column:id;primaryKey;autoIncrement"`
	Name          string      `gorm:"column:name;size:255;not null"`
	ContentTypeID int32       `gorm:"column:content_type_id;not null"`
	ContentType   ContentType `gorm:"foreignKey:ContentTypeID"`
	Codename      string      `gorm:"column:codename;size:100;not null"`
}

// TableName is Django's.
func (Permission) TableName() string { return "auth_permission" }

// ContentType is a row of django_content_type: a model that permissions are about.
type ContentType struct {
	ID       int32  `gorm:"column:id;primaryKey;autoIncrement"`
	AppLabel string `gorm:"column:app_label;size:100;not null"`
	Model    string `gorm:"column:model;size:100;not null"`
}

// TableName is Django's.
func (ContentType) TableName() string { return "django_content_type" }

// membership lets a loaded user ask the database about itself.
type membership struct {
	db    *gorm.DB
	users *Users // of db; made when it is first needed if GORM has loaded the user
	key   any    // the user's primary key
}

// member is a user that embeds a membership.
type member interface {
	bind(db *gorm.DB, users *Users, key any)
}

func (m *membership) bind(db *gorm.DB, users *Users, key any) { m.db, m.users, m.key = db, users, key }

var errNotBound = errors.New("models: the user was not loaded from the database; load it with GORM, or call models.Bind")

// InGroup reports whether the user is a member of the group of that name. It costs one query.
func (m *membership) InGroup(ctx context.Context, name string) (bool, error) {
	if m.db == nil {
		return false, errNotBound
	}
	users := m.users
	if users == nil {
		var err error
		if users, err = UsersOf(m.db); err != nil {
			return false, err
		}
	}
	rows, err := users.pool().QueryContext(ctx, users.sql.inGroup, m.key, name)
	if err != nil {
		return false, fmt.Errorf("find group: %w", err)
	}
	defer rows.Close()
	found := rows.Next()
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("find group: %w", err)
	}
	return found, nil
}

// Bind lets user, a pointer to a user struct loaded through tx, ask the database for its groups and permissions. [User] does it
// by itself; an application's own struct calls it in its AfterFind hook:
//
//	func (a *Account) AfterFind(tx *gorm.DB) error { models.Bind(tx, a); return nil }
func Bind(tx *gorm.DB, user UserModel) {
	m, ok := user.(member)
	if !ok || tx.Statement.Schema == nil {
		return
	}
	key := primaryKey(tx.Statement.Schema, user)
	m.bind(tx.Session(&gorm.Session{NewDB: true, Context: context.Background()}), nil, key)
}

func primaryKey(s *schema.Schema, user UserModel) any {
	key, _ := s.PrioritizedPrimaryField.ValueOf(context.Background(), reflect.ValueOf(user))
	return key
}
