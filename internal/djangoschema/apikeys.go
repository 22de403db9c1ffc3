package djangoschema

// apiKeyApp is djangorestframework-api-key's app as versions 2.2 to 3.1 make it.
// Versions before 2.2 do not have the last migration, which makes two columns
// wide enough for the hashes of version 3; they do not mind wide columns.
func apiKeyApp() app {
	return app{
		label: "rest_framework_api_key",
		tables: []table{{
			name: APIKeyTable,
			fields: []field{
				{name: "id", typ: varchar(APIKeyIDLength), primary: true},
				{name: "created", typ: timestamp},
				{name: "name", typ: varchar(MaxAPIKeyName)},
				{name: "revoked", typ: boolean},
				{name: "expiry_date", typ: timestamp, null: true},
				{name: "hashed_key", typ: varchar(150)},
				{name: "prefix", typ: varchar(APIKeyPrefixLength), unique: true},
			},
			indexes: []index{{"rest_framework_api_key_apikey_created_c61872d9", []string{"created"}}},
		}},
		migrations: []string{
			"0001_initial", "0002_auto_20190529_2243", "0003_auto_20190623_1952",
			"0004_prefix_hashed_key", "0005_auto_20220110_1102",
		},
	}
}

// apiKeyLimitApp has what API keys are limited to. djangorestframework-api-key
// does not know of it, so it is not in its table.
func apiKeyLimitApp() app {
	return app{
		label: ownApp,
		tables: []table{{name: APIKeyLimitTable, fields: []field{
			{name: "key_id", typ: exactText(APIKeyIDLength), primary: true},
			{name: "scopes", typ: sameType("text")},
			{name: "quota", typ: sameType("bigint"), null: true}, // NULL: no limit
			{name: "remaining", typ: sameType("bigint")},         // at the time of refilled
			{name: "refill", typ: sameType("bigint")},            // requests a period
			{name: "every", typ: sameType("bigint")},             // in seconds; 0: never; -1: each month
			{name: "refilled", typ: sameType("bigint")},          // in microseconds since 1970
		}}},
		migrations: []string{"0009_api_key"},
	}
}
