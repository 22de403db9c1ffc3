package models

// Group is a row of auth_group.
type Group struct {
	ID          int32        `gorm:"column:id;primaryKey;autoIncrement"`
	Name        string       `gorm:"column:name;size:150;not null;unique"`
	Permissions []Permission `gorm:"many2many:auth_group_permissions"`
}

// TableName returns Django's name for the table.
func (Group) TableName() string { return "auth_group" }

// Permission is a row of auth_permission. Its name in questions about a user is
// "app_label.codename". [SyncPermissions] creates the permissions that every
// model has.
type Permission struct {
	ID            int32       `gorm:"column:id;primaryKey;autoIncrement"`
	Name          string      `gorm:"column:name;size:255;not null"`
	ContentTypeID int32       `gorm:"column:content_type_id;not null"`
	ContentType   ContentType `gorm:"foreignKey:ContentTypeID"`
	Codename      string      `gorm:"column:codename;size:100;not null"`
}

// TableName returns Django's name for the table.
func (Permission) TableName() string { return "auth_permission" }

// String returns the permission's name in questions about a user, e.g.
// "core.change_note".
func (p Permission) String() string { return p.ContentType.AppLabel + "." + p.Codename }

// ContentType is a row of django_content_type: a model that permissions refer
// to.
type ContentType struct {
	ID       int32  `gorm:"column:id;primaryKey;autoIncrement"`
	AppLabel string `gorm:"column:app_label;size:100;not null"`
	Model    string `gorm:"column:model;size:100;not null"`
}

// TableName returns Django's name for the table.
func (ContentType) TableName() string { return "django_content_type" }

// ModelLabel returns Django's label; the table is not named after the app.
func (ContentType) ModelLabel() string { return "contenttypes.contenttype" }
