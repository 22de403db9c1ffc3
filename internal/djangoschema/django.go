package djangoschema

// app is a Django app: the tables that its migrations make, and the names of
// those migrations.
type app struct {
	label      string
	tables     []table
	migrations []string // recorded in django_migrations for Django to find; may be empty
	// the migration of an earlier version that made tables of these names,
	// which hold nothing that has to last
	replaces string
	// added are indexes of tables that an earlier migration has made
	added []addedIndex
}

type addedIndex struct {
	table string
	index
}

var (
	autoID  = field{name: "id", typ: integer, primary: true, auto: true}
	toGroup = foreignKey("group_id", integer, reference{"auth_group", "id"})
	toPerm  = foreignKey("permission_id", integer, reference{"auth_permission", "id"})
)

// migrationsTable is Django's own record of the migrations that a database has
// had.
func migrationsTable() table {
	return table{name: "django_migrations", fields: []field{
		autoID,
		{name: "app", typ: varchar(255)},
		{name: "name", typ: varchar(255)},
		{name: "applied", typ: timestamp},
	}}
}

// djangoApps returns the apps that ginauth needs, in the order of their foreign
// keys.
func djangoApps(user User) []app {
	if user.Swapped {
		return swappedApps(user)
	}
	auth := authApp()
	auth.tables = append(auth.tables, authUser())
	auth.tables = append(auth.tables, userJoins(user, integer)...)
	return []app{
		contentTypesApp(), auth, authTokenApp(user), guardianApp(user), apiKeyApp(), blacklistApp(user), sessionsApp(),
	}
}

// swappedApps returns the apps around a user table of the application's own.
func swappedApps(user User) []app {
	apps := []app{contentTypesApp(), authApp(), apiKeyApp(), sessionsApp()}
	dependent := []app{authTokenApp(user), blacklistApp(user)}
	if user.InGroups {
		// Each is an app without a name: they belong to the application's
		// migrations, which are not known here.
		for _, join := range userJoins(user, bigKey) {
			apps = append(apps, app{tables: []table{join}})
		}
		dependent = append(dependent, guardianApp(user)) // guardian asks a user for its groups
	}
	// Django refuses a history that has authtoken but not the app of the user
	// model, on which authtoken depends, as guardian does. migrate
	// --fake-initial takes over what is not recorded, together with the
	// application's own tables.
	for _, a := range dependent {
		apps = append(apps, a.initial())
	}
	return apps
}

// initial returns an app without the changes of its later migrations, which
// would fail if those were already made. In the apps here, they only make
// indexes.
func (a app) initial() app {
	a.migrations = nil
	for i := range a.tables {
		a.tables[i].indexes = nil
	}
	return a
}

// contentTypesApp names the models that permissions are about.
func contentTypesApp() app {
	return app{
		label: "contenttypes",
		tables: []table{{
			name: "django_content_type",
			fields: []field{
				autoID,
				{name: "app_label", typ: varchar(100)},
				{name: "model", typ: varchar(100)},
			},
			unique: [][]string{{"app_label", "model"}},
		}},
		migrations: []string{"0001_initial", "0002_remove_content_type_name"},
	}
}

// authApp is auth without the user's tables. Django records its migrations
// whether the user model is swapped or not.
func authApp() app {
	return app{
		label: "auth",
		tables: []table{
			{
				name: "auth_permission",
				fields: []field{
					autoID,
					{name: "name", typ: varchar(255)},
					foreignKey("content_type_id", integer, reference{"django_content_type", "id"}),
					{name: "codename", typ: varchar(100)},
				},
				unique: [][]string{{"content_type_id", "codename"}},
			},
			{name: "auth_group", fields: []field{autoID, {name: "name", typ: varchar(150), unique: true}}},
			joinTable("auth_group_permissions", integer, toGroup, toPerm),
		},
		migrations: []string{
			"0001_initial",
			"0002_alter_permission_name_max_length",
			"0003_alter_user_email_max_length",
			"0004_alter_user_username_opts",
			"0005_alter_user_last_login_null",
			"0006_require_contenttypes_0002",
			"0007_alter_validators_add_error_messages",
			"0008_alter_user_username_max_length",
			"0009_alter_user_last_name_max_length",
			"0010_alter_group_name_max_length",
			"0011_update_proxy_permissions",
			"0012_alter_user_first_name_max_length",
		},
	}
}

// authUser is Django's own user model.
func authUser() table {
	return table{name: "auth_user", fields: []field{
		autoID,
		{name: "password", typ: varchar(128)},
		{name: "last_login", typ: timestamp, null: true},
		{name: "is_superuser", typ: boolean},
		{name: "username", typ: varchar(150), unique: true},
		{name: "first_name", typ: varchar(150)},
		{name: "last_name", typ: varchar(150)},
		{name: "email", typ: varchar(254)},
		{name: "is_staff", typ: boolean},
		{name: "is_active", typ: boolean},
		{name: "date_joined", typ: timestamp},
	}}
}

// userJoins returns the tables of the fields groups and user_permissions of a
// user model.
func userJoins(user User, id fieldType) []table {
	toUser := foreignKey(user.Model+"_id", sameType(user.PKType), reference{user.Name, user.PK})
	return []table{
		joinTable(user.Name+"_groups", id, toUser, toGroup),
		joinTable(user.Name+"_user_permissions", id, toUser, toPerm),
	}
}

// authTokenApp is DRF's app: one token per user.
func authTokenApp(user User) app {
	toUser := foreignKey("user_id", sameType(user.PKType), reference{user.Name, user.PK})
	toUser.unique = true
	return app{
		label: "authtoken",
		tables: []table{{
			name:   "authtoken_token",
			fields: []field{{name: "key", typ: varchar(40), primary: true}, {name: "created", typ: timestamp}, toUser},
		}},
		// The last, of DRF 3.15, changes no table; an older DRF does not mind.
		migrations: []string{
			"0001_initial", "0002_auto_20160226_1747", "0003_tokenproxy", "0004_alter_tokenproxy_options",
		},
	}
}
