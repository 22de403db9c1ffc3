package djangoschema

// pruneApp has what package models/prune needs: leases, and indexes by which it
// finds the rows that have expired.
func pruneApp() app {
	expires := func(table string) addedIndex {
		return addedIndex{table, index{name: table + "_expires", columns: []string{"expires_at"}}}
	}
	return app{
		label: ownApp,
		// A lease is what one process at a time does for all of them.
		tables: []table{{name: LeaseTable, fields: []field{
			{name: "name", typ: exactText(MaxLease), primary: true},
			{name: "holder", typ: exactText(MaxLease)},
			{name: "until", typ: sameType("bigint")}, // in microseconds since 1970
		}}},
		added:      []addedIndex{expires(FamilyTable), expires(RefreshTokenTable)},
		migrations: []string{"0006_prune"},
	}
}
