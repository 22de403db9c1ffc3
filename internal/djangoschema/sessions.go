package djangoschema

// sessionsApp is django.contrib.sessions, with sessions in the database. No
// column refers to the user model.
func sessionsApp() app {
	return app{
		label: "sessions",
		tables: []table{{
			name: SessionTable,
			fields: []field{
				{name: "session_key", typ: varchar(MaxSessionKey), primary: true},
				{name: "session_data", typ: sameType("text")},
				{name: "expire_date", typ: timestamp},
			},
			// The index is the db_index of expire_date.
			indexes: []index{{"django_session_expire_date_a5c62663", []string{"expire_date"}}},
		}},
		migrations: []string{"0001_initial"},
	}
}
