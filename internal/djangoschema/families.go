package djangoschema

// tokenFamilies holds the families of refresh tokens: the tokens of one login,
// each made from its predecessor.
func tokenFamilies() table {
	return table{name: FamilyTable, fields: []field{
		{name: "id", typ: varchar(MaxFamilyID), primary: true},
		{name: "expires_at", typ: timestamp}, // when the last token of the family expires
		{name: "ended_at", typ: timestamp, null: true},
	}}
}

// tokensOfFamilies records what has become of a refresh token. The tokens
// themselves are in token_blacklist's tables.
func tokensOfFamilies() table {
	return table{
		name: RefreshTokenTable,
		fields: []field{
			{name: "jti", typ: varchar(MaxTokenID), primary: true},
			{name: "family_id", typ: varchar(MaxFamilyID)},
			{name: "expires_at", typ: timestamp},
			{name: "used_at", typ: timestamp, null: true},
			// the jti of the token that it was exchanged for
			{name: "successor", typ: varchar(MaxTokenID), null: true},
		},
		indexes: []index{{name: "ginauth_refresh_token_family", columns: []string{"family_id"}}},
	}
}
