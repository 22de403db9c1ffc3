package djangoschema

import "fmt"

// MinAuditDays is how long a row of the audit trail cannot be deleted.
const MinAuditDays = 30

// auditApp has the table of package audit. Its rows are identified by a UUID
// that begins with their time, by which they are also read and pruned.
func auditApp() app {
	text := func(name string) field { return field{name: name, typ: sameType("text")} }
	return app{
		label: ownApp,
		tables: []table{{
			name: AuditTable,
			fields: []field{
				{name: "id", typ: exactText(MaxAuditID), primary: true},
				{name: "time", typ: timestamp},
				text("kind"), text("subject"), text("owner"), text("client"), text("method"), text("route"),
				{name: "status", typ: sameType("bigint")}, // 0: there was no answer
				text("code"), text("class"), text("cause"),
				text("credential"), text("credential_id"), text("family"), text("request_id"),
			},
			appendOnly: true,
		}},
		migrations: []string{"0007_audit"},
	}
}

const appendOnlyMessage = `%s is append-only: its rows never change, and are kept for %d days`

// postgresAppendOnly returns the statements that refuse changes of rows, and
// deletions before MinAuditDays. The time is that of the server.
func postgresAppendOnly(t table) []string {
	function := quoteName(t.name + "_append_only")
	return []string{
		"CREATE OR REPLACE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql " +
			"SET search_path = pg_catalog AS $$ BEGIN " +
			fmt.Sprintf(`IF TG_OP = 'DELETE' THEN `+
				`IF OLD."time" < now() - interval '%d days' THEN RETURN OLD; END IF; END IF; `, MinAuditDays) +
			"RAISE EXCEPTION " + quoteText(fmt.Sprintf(appendOnlyMessage, t.name, MinAuditDays)) + "; END $$",
		fmt.Sprintf("CREATE TRIGGER %s BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s()",
			quoteName(t.name+"_rows"), quoteName(t.name), function),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
			quoteName(t.name+"_truncate"), quoteName(t.name), function),
	}
}

// sqliteAppendOnly is postgresAppendOnly for SQLite, which has no TRUNCATE. Its
// INSERT OR REPLACE deletes a row without asking the trigger of deletions.
func sqliteAppendOnly(t table) []string {
	refuse := "BEGIN SELECT RAISE(ABORT, " + quoteText(fmt.Sprintf(appendOnlyMessage, t.name, MinAuditDays)) + "); END"
	young := fmt.Sprintf(`WHEN OLD."time" >= strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '-%d days') `, MinAuditDays)
	name := quoteName(t.name)
	return []string{
		fmt.Sprintf("CREATE TRIGGER %s BEFORE UPDATE ON %s %s", quoteName(t.name+"_update"), name, refuse),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE DELETE ON %s %s", quoteName(t.name+"_delete"), name, young+refuse),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE INSERT ON %s WHEN EXISTS (SELECT 1 FROM %s WHERE id = NEW.id) "+
			"BEGIN SELECT RAISE(IGNORE); END", quoteName(t.name+"_insert"), name, name),
	}
}
