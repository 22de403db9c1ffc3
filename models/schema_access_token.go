package models

import "fmt"

// accessTokenApp has the tables of access tokens and of the services that may
// own them.
func accessTokenApp(user userTable) app {
	return app{label: ownApp, tables: []table{serviceTable(), accessTokenTable(user)}, migrations: []string{"0002_access_token"}}
}

// exactText is a varchar that is only compared as a whole: it gets no second
// index for LIKE.
func exactText(length int) fieldType {
	return fieldType{postgres: fmt.Sprintf("character varying(%d)", length), sqlite: fmt.Sprintf("varchar(%d)", length)}
}

func serviceTable() table {
	return table{name: "ginauth_service", fields: []field{
		{name: "id", typ: bigKey, primary: true, auto: true},
		{name: "name", typ: exactText(maxTokenName), unique: true},
		{name: "active", typ: boolean},
		{name: "scopes", typ: sameType("text")},
		{name: "created", typ: timestamp},
	}}
}

// accessTokenTable has one owner in each row: a user or a service.
func accessTokenTable(user userTable) table {
	const name = "ginauth_access_token"
	return table{
		name: name,
		fields: []field{
			{name: "id", typ: exactText(tokenIDLength), primary: true},
			{name: "digest", typ: exactText(150), unique: true},
			{name: "user_id", typ: sameType(user.PKType), null: true},
			{name: "service_id", typ: sameType("bigint"), null: true},
			{name: "name", typ: exactText(maxTokenName)},
			{name: "scopes", typ: sameType("text")},
			{name: "epoch", typ: sameType("bigint")}, // the user's epoch when the token was made
			{name: "created", typ: timestamp},
			{name: "rotated", typ: timestamp, null: true},
			{name: "expires", typ: timestamp, null: true},
			{name: "idle", typ: sameType("bigint")}, // in seconds; 0: no limit
			{name: "last_used", typ: timestamp, null: true},
			{name: "revoked", typ: timestamp, null: true},
			// the token that this one was made with
			{name: "parent", typ: exactText(tokenIDLength), null: true},
		},
		indexes: []index{
			{name: name + "_user", columns: []string{"user_id"}},
			{name: name + "_service", columns: []string{"service_id"}},
			{name: name + "_parent", columns: []string{"parent"}},
		},
	}
}
