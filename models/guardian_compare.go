package models

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/internal/usertable"
)

// comparison describes how the texts by which grants name objects compare with
// the primary key of a model, for single objects and for lists alike.
type comparison struct {
	field *schema.Field
	table string

	// keys are expressions for the granted key in the type of the primary key,
	// so that the database can use its index. Several are alternatives.
	keys []string
	// byText is set if a grant is for an object only if it equals the object's
	// [objectPK] to the letter; it is then found by its index.
	byText bool
}

// compare returns the comparison for a model. Integers, UUIDs and texts each
// have a single text, the one that Python's str writes: a grant with any other
// text is for no object. Keys of all other types compare as the database
// compares them; a text that is not of the type is then an error, for the
// object and for the list. The same holds on PostgreSQL for a Go string without
// a type in its tag, because its column may be of any type.
func compare(db *gorm.DB, model any) (comparison, error) {
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(model); err != nil {
		return comparison{}, fmt.Errorf("models: primary key of %T: %w", model, err)
	}
	field := stmt.Schema.PrioritizedPrimaryField
	if field == nil {
		return comparison{}, fmt.Errorf("models: %T has no single primary key", model)
	}
	c := comparison{field: field, table: stmt.Schema.Table}
	declared, typ := field.TagSettings["TYPE"] != "", strings.ToLower(usertable.KeyType(db, field))
	postgres := db.Name() == "postgres"
	switch {
	case isInteger(typ):
		c.keys = integerKeys(postgres)
	case isUUID(field, typ):
		c.keys = uuidKeys(postgres, declared)
	case isText(typ) && (!postgres || declared):
		c.keys = []string{grantedKey}
	}
	if c.byText = len(c.keys) > 0; !c.byText {
		c.keys = []string{c.typed(db)}
	}
	return c, nil
}

func isInteger(typ string) bool {
	return strings.Contains(typ, "int") && typ != "interval" && typ != "point" || strings.Contains(typ, "serial")
}

// isUUID decides by what the column is called and by Go's types of 16 bytes,
// which Django's SQLite keeps in a char(32).
func isUUID(field *schema.Field, typ string) bool {
	bytes := field.IndirectFieldType
	return typ == "uuid" || bytes.Kind() == reflect.Array && bytes.Len() == 16 && bytes.Elem().Kind() == reflect.Uint8
}

var textType = regexp.MustCompile(`^(text|varchar|character varying)(\(\d+\))?$`)

func isText(typ string) bool { return textType.MatchString(typ) }

// integerKeys leaves out texts that Python's str of an integer does not write.
// SQLite casts any text; PostgreSQL fails for a text that is not a bigint. It
// avoids question marks, which would be GORM's placeholders.
func integerKeys(postgres bool) []string {
	if !postgres {
		return []string{`CASE WHEN CAST(CAST(` + grantedKey + ` AS INTEGER) AS TEXT) = ` + grantedKey +
			` THEN CAST(` + grantedKey + ` AS INTEGER) END`}
	}
	const asInteger = ` THEN CAST(` + grantedKey + ` AS bigint)`
	return []string{`CASE WHEN ` + grantedKey + ` ~ '^(0|[1-9][0-9]{0,17}|-[1-9][0-9]{0,17})$'` + asInteger +
		` WHEN ` + grantedKey + ` ~ '^(|-)[1-9][0-9]{18}$'` +
		` THEN CASE WHEN CAST(` + grantedKey + ` AS numeric)` +
		` BETWEEN -9223372036854775808 AND 9223372036854775807` + asInteger + ` END END`}
}

// uuidKeys returns the texts that Python's str of a UUID writes. SQLite's
// columns hold UUIDs as texts, with hyphens or, from Django, without.
func uuidKeys(postgres, declared bool) []string {
	switch {
	case !postgres:
		return []string{grantedKey, `replace(` + grantedKey + `, '-', '')`}
	case declared:
		return []string{`CASE WHEN ` + grantedKey + ` ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'` +
			` THEN CAST(` + grantedKey + ` AS uuid) END`}
	}
	return nil
}

// typed returns the granted key in the type of the column, whatever that is.
// Only the database knows the type: PostgreSQL reads the text as it would in a
// row of the table, SQLite by the affinity of the column that it is compared
// with.
func (c comparison) typed(db *gorm.DB) string {
	if db.Name() != "postgres" {
		return grantedKey
	}
	name := strings.ReplaceAll(c.field.DBName, "'", "''")
	object := `jsonb_build_object('` + name + `', ` + grantedKey + `)`
	return `(jsonb_populate_record(NULL::` + db.Statement.Quote(c.table) + `, ` + object + `)).` +
		db.Statement.Quote(c.field.DBName)
}

// granted returns the sub-select of the granted keys, built from the one that
// selects their texts, and how often its arguments are repeated.
func (c comparison) granted(texts string) (query string, times int) {
	queries := make([]string, len(c.keys))
	for i, key := range c.keys {
		queries[i] = strings.ReplaceAll(texts, `SELECT `+grantedKey+` FROM`, `SELECT `+key+` FROM`)
	}
	return strings.Join(queries, " UNION ALL "), len(queries)
}

// ofRow changes a query about a granted text into one about the stored row with
// a given key.
func (c comparison) ofRow(db *gorm.DB, query string) string {
	column := `o.` + db.Statement.Quote(c.field.DBName)
	before := `EXISTS (SELECT 1 FROM ` + db.Statement.Quote(c.table) + ` o WHERE ` + column + ` = `
	after := ` AND ` + column + ` = ` + c.keys[0] + `)`
	return comparedText.ReplaceAllStringFunc(query, func(found string) string {
		return before + strings.TrimPrefix(found, grantedKey+" = ") + after
	})
}

var comparedText = regexp.MustCompile(regexp.QuoteMeta(grantedKey) + ` = (\?|\$\d+)`)
