package djangoschema

// ownApp is the label of ginauth's own tables in django_migrations. Django
// ignores it, because it has no app of that name.
const ownApp = "ginauth"

// ownApps returns the tables that Django does not have, with one migration
// each, so that a database gets those that a later version of ginauth adds.
//
// They do not refer to the user by a foreign key, because Django deletes and
// truncates its tables without knowing of ours. A row whose user is gone
// matches no user, since every query joins the user's table.
func ownApps(user User) []app {
	toUser := field{name: "user_id", typ: sameType(user.PKType), primary: true}
	return []app{
		{
			label:      ownApp,
			tables:     []table{{name: EpochTable, fields: []field{toUser, {name: "epoch", typ: sameType("bigint")}}}},
			migrations: []string{"0001_epoch"},
		},
		accessTokenApp(user),
		{
			label: ownApp, tables: []table{tokenFamilies(), tokensOfFamilies()},
			migrations: []string{"0004_refresh_token"},
		},
		loginFailureApp(),
		pruneApp(),
		auditApp(),
		sessionUseApp(user),
		apiKeyLimitApp(),
	}
}
