package models

// Group is a row of auth_group.
type Group struct {
	ID          int32        `gorm:"column:id;primaryKey;autoIncrement"`
	Name        string       `gorm:"column:name;size:150;not null;unique"`
	Permissions []Permission `gorm:"many2many:auth_group_permissions"`
}

// TableName is Django's.
func (Group) TableName() string { return "auth_group" }

// Permission is a row of auth_permission. Users are asked for it by the name "app_label.codename". [SyncPermissions] makes those
// that every model has.
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

// ModelLabel is Django's: the table is not named after the app.
func (ContentType) ModelLabel() string { return "contenttypes.contenttype" }
