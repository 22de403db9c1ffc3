package models

// familyTable holds the families of refresh tokens: the tokens of one login,
// each made from its predecessor.
func familyTable() table {
	return table{name: familyTableName, fields: []field{
		{name: "id", typ: varchar(maxFamilyID), primary: true},
		{name: "expires_at", typ: timestamp}, // when the last token of the family expires
		{name: "ended_at", typ: timestamp, null: true},
	}}
}

// refreshTokenTable records what has become of a refresh token. The tokens
// themselves are in token_blacklist's tables.
func refreshTokenTable() table {
	return table{
		name: refreshTokenTableName,
		fields: []field{
			{name: "jti", typ: varchar(maxTokenID), primary: true},
			{name: "family_id", typ: varchar(maxFamilyID)},
			{name: "expires_at", typ: timestamp},
			{name: "used_at", typ: timestamp, null: true},
			// the jti of the token that it was exchanged for
			{name: "successor", typ: varchar(maxTokenID), null: true},
		},
		indexes: []index{{name: "ginauth_refresh_token_family", columns: []string{"family_id"}}},
	}
}
