package policies

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/python"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
)

// LoadConfig configures [Load].
type LoadConfig struct {
	// Column is what the parameter is looked up in, named as in the database or
	// as the Go field. Default: the primary key.
	Column string

	// Query narrows the query or loads more, e.g. tx.Preload("Owner") or, for a
	// nested resource, tx.Where("project_id = ?", c.Param("project")). Default:
	// nothing. It is called again if the database has to be asked again, as
	// after a migration by another program.
	Query func(c *gin.Context, tx *gorm.DB) *gorm.DB
}

// Load makes a loader for [ginauth.Object]: it finds the row of the GORM model
// T that a path parameter names, by one query. If there is none it answers 404
// "No Note matches the given query.", with the name of the model, or, if the
// parameter cannot be a value of the column, "Not found." (DRF:
// GenericAPIView.get_object). Both are "Not found." beside DRF before 3.15, and
// on a route with a class that conceals objects, such as [Conceal] or a
// [ginauth.Concealer] of the application's own. [ObjectPermissions] alone keeps
// DRF's words, by which its users can tell a row that they may not read from
// one that does not exist; put it into Conceal to hide that. Numbers are read as
// Python's int does.
//
// The object is a *T, see [ginauth.ObjectOf]. Load panics if T is not a GORM
// model, if it lacks the column, and if a text cannot name the column's values,
// as with a time.
//
//	note := auth.Group(api, "/notes/:id", ginauth.Object(policies.Load[Note](db, "id")))
func Load[T any](db *gorm.DB, param string, config ...LoadConfig) ginauth.ObjectLoader {
	if param == "" || strings.ContainsAny(param, ":/* ") {
		panic(`policies: Load takes the name of a path parameter, as "id" for /notes/:id, not "` + param + `"`)
	}
	l := &loader[T]{
		db: db, param: param, config: wiring.Config("policies: Load", config),
		named404: stack.Of(db).Has(stack.ShownReasons),
	}
	field, err := lookUp(schemaOf[T]("Load", db), l.config.Column)
	if err != nil {
		panic(err.Error())
	}
	if l.field = field; !l.numbers() && !l.texts() && l.scanner() == nil {
		panic(fmt.Sprintf("policies: Load: a %s cannot be looked up by %s: "+
			"its type %s is not an integer, a text or an sql.Scanner",
			field.Schema.Name, field.DBName, field.FieldType))
	}
	return l
}

type loader[T any] struct {
	db     *gorm.DB
	param  string
	field  *schema.Field
	config LoadConfig

	named404 bool // a missing row is answered with the name of the model
}

var (
	_ ginauth.ObjectLoader  = (*loader[struct{}])(nil)
	_ ginauth.PathParameter = (*loader[struct{}])(nil)
	_ ginauth.ObjectTyper   = (*loader[struct{}])(nil)
)

func (l *loader[T]) numbers() bool {
	kind := l.field.IndirectFieldType.Kind()
	return reflect.Int <= kind && kind <= reflect.Uint64
}

func (l *loader[T]) texts() bool { return l.field.IndirectFieldType.Kind() == reflect.String }

// scanner returns a value of the column that can read itself from a text, or
// nil.
func (l *loader[T]) scanner() sql.Scanner {
	scanner, _ := reflect.New(l.field.IndirectFieldType).Interface().(sql.Scanner)
	return scanner
}

// LoadObject implements [ginauth.ObjectLoader].
func (l *loader[T]) LoadObject(c *gin.Context) (any, error) {
	value, err := l.parse(c.Param(l.param))
	if err != nil {
		return nil, l.missing(c, err)
	}
	var row *T
	var found int64
	err = sqlkit.Read(c.Request.Context(), l.db, func(db *gorm.DB) (err error) {
		row = new(T)
		found, err = l.read(c, db, row, value)
		return err
	})
	switch {
	case noValue(err) != nil:
		return nil, l.missing(c, noValue(err))
	case err != nil:
		return nil, fmt.Errorf("load %s: %w", l.field.Schema.Name, err)
	case found == 0:
		return nil, l.missing(c, nil)
	}
	return row, nil
}

// The reasons why a parameter names no row, if it is not that the row does not
// exist.
var (
	errNoValue  = errors.New("the parameter is no value of the column")
	errTooLarge = errors.New("the parameter is too large for the column")
)

// missing answers for a row that does not exist, in the words of Django's
// get_object_or_404, or for a parameter that names none, for which DRF raises
// Http404 without words. On a route that conceals, both must be what the guard
// answers for a concealed row.
func (l *loader[T]) missing(c *gin.Context, reason error) error {
	classes, _ := ginauth.PermissionsOf(c)
	if !l.named404 || errors.Is(reason, errNoValue) || slices.ContainsFunc(classes, mayConceal) {
		return ginauth.NotFound()
	}
	return ginauth.NotFound().WithDetail("No " + l.field.Schema.Name + " matches the given query.")
}

// mayConceal reports whether a refusal of a permission, or of one in it, may
// conceal the object. A class that chooses what has refused, and does not list
// its parts, may choose one that conceals. [ObjectPermissions] does, but in
// DRF's words.
func mayConceal(p ginauth.Permission) bool {
	if conceals(p) {
		return true
	}
	if parts := partsOf(p); len(parts) > 0 {
		return slices.ContainsFunc(parts, mayConceal)
	}
	_, decides := p.(ginauth.Decider)
	_, grants := p.(*objectPermission)
	return decides && !grants
}

// read asks for the row once.
func (l *loader[T]) read(c *gin.Context, db *gorm.DB, row *T, value any) (found int64, err error) {
	tx := db.Model(row)
	if l.config.Query != nil {
		if tx = l.config.Query(c, tx); tx == nil {
			return 0, errors.New("LoadConfig.Query returned nil")
		}
	}
	result := tx.Scopes(l.named(value)).Limit(1).Find(row)
	return result.RowsAffected, result.Error
}

// noValue returns the reason if PostgreSQL refused a text that cannot be a value
// of the column, as of one of type uuid or of an enumeration that is a string in
// Go, or nil.
func noValue(err error) error {
	refusal, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	switch {
	case ok && refusal.SQLState() == "22P02": // invalid_text_representation
		return errNoValue
	case ok && refusal.SQLState() == "22003": // numeric_value_out_of_range
		return errTooLarge
	}
	return nil
}

// named adds the condition that the column equals value when the query runs, so
// that no Or of a Query can widen it.
func (l *loader[T]) named(value any) func(tx *gorm.DB) *gorm.DB {
	column := clause.Column{Table: clause.CurrentTable, Name: l.field.DBName}
	condition := clause.Expr{SQL: "? = ?", Vars: []any{column, value}}
	// A number may exceed the type of the column, which PostgreSQL would give it.
	if _, number := value.(int64); number {
		condition.SQL = "? = CAST(? AS bigint)"
	}
	return func(tx *gorm.DB) *gorm.DB {
		rowSet{depends, condition}.restrict(tx.Statement)
		return tx
	}
}

// parse returns the value of the column that a parameter names. The error is
// the reason why it names none.
func (l *loader[T]) parse(text string) (value any, err error) {
	if text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errNoValue
	}
	switch {
	case l.numbers():
		number, err := python.Int(text)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return nil, errTooLarge
		case err != nil:
			return nil, errNoValue
		}
		return number, nil
	case l.texts():
		return text, nil
	}
	scanner := l.scanner()
	if scanner.Scan(text) != nil {
		return nil, errNoValue
	}
	return reflect.ValueOf(scanner).Elem().Interface(), nil
}

// NewObject implements [ginauth.ObjectTyper].
func (*loader[T]) NewObject() any { return new(T) }

// PathParameter implements [ginauth.PathParameter].
func (l *loader[T]) PathParameter() string { return l.param }

// String returns e.g. "Note by id".
func (l *loader[T]) String() string { return l.field.Schema.Name + " by " + l.param }
