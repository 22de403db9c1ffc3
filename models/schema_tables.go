package models

// app is a Django application: its tables, and the migrations that made them.
type app struct {
	label      string
	tables     []table
	migrations []string
}

// apps returns the applications whose tables Migrate makes, in the order of their dependencies.
func apps(user userTable) []app {
	contentTypes := app{
		label: "contenttypes",
		tables: []table{{
			name:    "django_content_type",
			columns: []column{id(), varchar("app_label", 100), varchar("model", 100)},
			unique:  []string{"app_label", "model"},
		}},
		migrations: []string{"0001_initial", "0002_remove_content_type_name"},
	}
	auth := app{
		label: "auth",
		tables: []table{
			{
				name:    "auth_permission",
				columns: []column{id(), varchar("name", 255), foreignKey("content_type_id", "django_content_type"), varchar("codename", 100)},
				unique:  []string{"content_type_id", "codename"},
			},
			{
				name:    "auth_group",
				columns: []column{id(), unique(varchar("name", 150))},
			},
			manyToMany("auth_group_permissions", foreignKey("group_id", "auth_group"), foreignKey("permission_id", "auth_permission")),
		},
		migrations: []string{
			"0001_initial", "0002_alter_permission_name_max_length", "0003_alter_user_email_max_length", "0004_alter_user_username_opts",
			"0005_alter_user_last_login_null", "0006_require_contenttypes_0002", "0007_alter_validators_add_error_messages",
			"0008_alter_user_username_max_length", "0009_alter_user_last_name_max_length", "0010_alter_group_name_max_length",
			"0011_update_proxy_permissions", "0012_alter_user_first_name_max_length",
		},
	}
	memberships := []table{
		manyToMany(user.Name+"_groups", user.foreignKey(user.Model+"_id"), foreignKey("group_id", "auth_group")),
		manyToMany(user.Name+"_user_permissions", user.foreignKey(user.Model+"_id"), foreignKey("permission_id", "auth_permission")),
	}
	token := app{
		label: "authtoken",
		tables: []table{{
			name: "authtoken_token",
			columns: []column{
				{name: "key", kind: charField, length: 40, primary: true},
				{name: "created", kind: dateTimeField},
				unique(user.foreignKey("user_id")),
			},
		}},
		migrations: []string{"0001_initial", "0002_auto_20160226_1747", "0003_tokenproxy"},
	}
	if user.Swapped {
		return []app{contentTypes, auth, {label: user.Name, tables: memberships}, token}
	}
	auth.tables = append(append(auth.tables, authUser), memberships...)
	return []app{contentTypes, auth, token}
}

var authUser = table{
	name: "auth_user",
	columns: []column{
		id(), varchar("password", 128), {name: "last_login", kind: dateTimeField, null: true}, {name: "is_superuser", kind: booleanField},
		unique(varchar("username", 150)), varchar("first_name", 150), varchar("last_name", 150), varchar("email", 254),
		{name: "is_staff", kind: booleanField}, {name: "is_active", kind: booleanField}, {name: "date_joined", kind: dateTimeField},
	},
}

// djangoMigrations is the table in which Django, and we, keep what has been made.
var djangoMigrations = table{
	name:    "django_migrations",
	columns: []column{id(), varchar("app", 255), varchar("name", 255), {name: "applied", kind: dateTimeField}},
}

func id() column { return column{name: "id", kind: autoField, primary: true} }

func varchar(name string, length int) column {
	return column{name: name, kind: charField, length: length}
}

func unique(c column) column {
	c.unique = true
	return c
}

// foreignKey refers to the id of one of Django's own tables.
func foreignKey(name, table string) column {
	return column{name: name, kind: integerField, references: &reference{table, "id"}}
}

// foreignKey refers to the user model, whatever its key is.
func (u userTable) foreignKey(name string) column {
	return column{name: name, kind: customField, custom: u.PKType, references: &reference{u.Name, u.PK}}
}

func manyToMany(name string, from, to column) table {
	return table{name: name, columns: []column{id(), from, to}, unique: []string{from.name, to.name}}
}
