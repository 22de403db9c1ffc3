package models

// loginFailureApp is the table of package policies/logins, which counts failed logins. It holds the digests of user names, since names
// that no user has are counted too.
func loginFailureApp() app {
	number := sameType("bigint")
	return app{
		label: ownApp,
		tables: []table{{
			name: "ginauth_login_failure",
			fields: []field{
				{name: "id", typ: bigKey, primary: true, auto: true},
				{name: "account", typ: varchar(64)}, // empty: over all accounts
				{name: "network", typ: varchar(49)}, // empty: over all networks
				{name: "failed", typ: number},
				{name: "refused", typ: number},
				{name: "pending", typ: number},
				{name: "turn", typ: number},
				{name: "next", typ: number}, // this and what follows in microseconds since 1970
				{name: "last", typ: number},
				{name: "known", typ: number},
				{name: "expires", typ: number},
			},
			unique: [][]string{{"account", "network"}},
			indexes: []index{
				{"ginauth_login_failure_network", []string{"network"}},
				{"ginauth_login_failure_expires", []string{"expires"}},
			},
		}},
		migrations: []string{"0003_login_failure"},
	}
}
