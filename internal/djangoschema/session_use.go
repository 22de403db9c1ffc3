package djangoschema

// sessionUseApp holds what package models/session records of the use of
// sessions, beside Django's table of them. A row does not hold the key of its
// session in the clear.
func sessionUseApp(user User) app {
	return app{
		label: ownApp,
		tables: []table{{
			name: SessionUseTable,
			fields: []field{
				{name: "id", typ: exactText(MaxSessionID), primary: true}, // a digest of the key
				{name: "user_id", typ: sameType(user.PKType)},
				{name: "sealed", typ: sameType("text")}, // the key, encrypted
				{name: "device", typ: varchar(MaxDevice)},
				{name: "address", typ: varchar(45)},
				{name: "created", typ: timestamp},
				{name: "last_used", typ: timestamp},
				{name: "expires_at", typ: timestamp},
			},
			indexes: []index{
				{"ginauth_session_user", []string{"user_id"}},
				{"ginauth_session_expires", []string{"expires_at"}},
			},
		}},
		migrations: []string{"0008_session"},
	}
}
