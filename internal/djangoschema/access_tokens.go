package djangoschema

import "fmt"

// accessTokenApp has the tables of access tokens and of the services that may
// own them.
func accessTokenApp(user User) app {
	return app{
		label: ownApp, tables: []table{services(), accessTokens(user)},
		migrations: []string{"0002_access_token"},
	}
}

// exactText is a varchar that is only compared as a whole: it gets no second
// index for LIKE.
func exactText(length int) fieldType {
	return fieldType{postgres: fmt.Sprintf("character varying(%d)", length), sqlite: fmt.Sprintf("varchar(%d)", length)}
}

func services() table {
	return table{name: ServiceTable, fields: []field{
		{name: "id", typ: bigKey, primary: true, auto: true},
		{name: "name", typ: exactText(MaxTokenName), unique: true},
		{name: "active", typ: boolean},
		{name: "scopes", typ: sameType("text")},
		{name: "created", typ: timestamp},
	}}
}

// accessTokens has one owner in each row: a user or a service.
func accessTokens(user User) table {
	return table{
		name: AccessTokenTable,
		fields: []field{
			{name: "id", typ: exactText(TokenIDLength), primary: true},
			{name: "digest", typ: exactText(150), unique: true},
			{name: "user_id", typ: sameType(user.PKType), null: true},
			{name: "service_id", typ: sameType("bigint"), null: true},
			{name: "name", typ: exactText(MaxTokenName)},
			{name: "scopes", typ: sameType("text")},
			{name: "epoch", typ: sameType("bigint")}, // the user's epoch when the token was created
			{name: "created", typ: timestamp},
			{name: "rotated", typ: timestamp, null: true},
			{name: "expires", typ: timestamp, null: true},
			{name: "idle", typ: sameType("bigint")}, // in seconds; 0: no limit
			{name: "last_used", typ: timestamp, null: true},
			{name: "revoked", typ: timestamp, null: true},
			// the token that this one was created with
			{name: "parent", typ: exactText(TokenIDLength), null: true},
		},
		indexes: []index{
			{name: AccessTokenTable + "_user", columns: []string{"user_id"}},
			{name: AccessTokenTable + "_service", columns: []string{"service_id"}},
			{name: AccessTokenTable + "_parent", columns: []string{"parent"}},
		},
	}
}
