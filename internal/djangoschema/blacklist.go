package djangoschema

// blacklistApp is simplejwt's token_blacklist: the refresh and sliding tokens
// that were made, and which of them are revoked.
func blacklistApp(user User) app {
	toUser := foreignKey("user_id", sameType(user.PKType), reference{user.Name, user.PK})
	toUser.null = true
	toToken := foreignKey("token_id", sameType("bigint"), reference{OutstandingTable, "id"})
	toToken.unique, toToken.retyped = true, true
	id := field{name: "id", typ: bigKey, primary: true, auto: true}
	return app{
		label: "token_blacklist",
		tables: []table{
			{name: OutstandingTable, fields: []field{
				id,
				{name: "token", typ: sameType("text")},
				{name: "created_at", typ: timestamp, null: true},
				{name: "expires_at", typ: timestamp},
				toUser,
				{name: "jti", typ: varchar(MaxTokenID), unique: true, formerly: "jti_hex"},
			}},
			{name: BlacklistedTable, fields: []field{id, {name: "blacklisted_at", typ: timestamp}, toToken}},
		},
		migrations: []string{ // 0009 does not exist
			"0001_initial",
			"0002_outstandingtoken_jti_hex",
			"0003_auto_20171017_2007",
			"0004_auto_20171017_2013",
			"0005_remove_outstandingtoken_jti",
			"0006_auto_20171017_2113",
			"0007_auto_20171017_2214",
			"0008_migrate_to_bigautofield",
			"0010_fix_migrate_to_bigautofield",
			"0011_linearizes_history",
			"0012_alter_outstandingtoken_user",
		},
	}
}
