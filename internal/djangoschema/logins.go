package djangoschema

// loginFailureApp holds the table of package policies/logins, which counts
// failed logins. The table stores the digests of user names, because names that
// belong to no user are counted too. It replaces the table that the migration
// 0003_login_failure made, whose rows held less.
func loginFailureApp() app {
	number := sameType("bigint")
	return app{
		label:    ownApp,
		replaces: "0003_login_failure",
		tables: []table{{
			name: LoginFailureTable,
			fields: []field{
				{name: "id", typ: bigKey, primary: true, auto: true},
				{name: "account", typ: varchar(64)}, // empty: over all accounts
				{name: "network", typ: varchar(49)}, // empty: over all networks
				// not empty: the row counts nothing; the user is known in the
				// network
				{name: "principal", typ: varchar(64)},
				{name: "failed", typ: number},
				{name: "refused", typ: number},
				{name: "next", typ: number}, // times are in microseconds since 1970
				{name: "last", typ: number},
				{name: "turn", typ: number},
				{name: "fresh", typ: number},
				{name: "stale", typ: number},
				{name: "rotated", typ: number},
				{name: "known", typ: number},
				{name: "version", typ: number},
				{name: "expires", typ: number},
			},
			unique: [][]string{{"account", "network", "principal"}},
			indexes: []index{
				{"ginauth_login_failure_network", []string{"network"}},
				{"ginauth_login_failure_expires", []string{"expires"}},
			},
		}},
		migrations: []string{"0005_login_failure_principal"},
	}
}
