package models

// loginFailureApp is the table of package policies/logins, which counts failed logins. It holds the digests of user names, since names
// that no user has are counted too. It takes the place of the table that the migration 0003_login_failure made, whose rows told less.
func loginFailureApp() app {
	number := sameType("bigint")
	return app{
		label:    ownApp,
		replaces: "0003_login_failure",
		tables: []table{{
			name: "ginauth_login_failure",
			fields: []field{
				{name: "id", typ: bigKey, primary: true, auto: true},
				{name: "account", typ: varchar(64)},   // empty: over all accounts
				{name: "network", typ: varchar(49)},   // empty: over all networks
				{name: "principal", typ: varchar(64)}, // not empty: it counts nothing, the user is known in the network
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
