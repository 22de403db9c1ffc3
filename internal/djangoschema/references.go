package djangoschema

// Reference is a column that refers to another table's key.
type Reference struct {
	Table, Column string
	Null          bool // it may be NULL
}

// ReferencesTo returns the foreign keys to a table that the migrations make.
func ReferencesTo(table string, user User) (all []Reference) {
	for _, a := range allApps(user) {
		for _, t := range a.tables {
			for _, f := range t.fields {
				if f.references.table == table {
					all = append(all, Reference{t.name, f.name, f.null})
				}
			}
		}
	}
	return all
}
