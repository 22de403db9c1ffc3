package models

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
)

// SyncPermissions creates the missing permissions to add, change, delete and
// view each of these GORM models, and its content type if missing, as Django
// does for its own models after a migration (create_permissions). It neither
// changes nor deletes existing rows.
//
// A model's method ModelLabel returns its label:
//
//	func (Note) ModelLabel() string { return "core.note" }
//
// A model without that method must have the table that Django would give it,
// which is core_note for the struct Note in the app core.
//
// Django's verbose name is the struct's name in words, such as "blog post".
//
//	err := models.SyncPermissions(ctx, db, &Note{}, &Article{})
//
// It costs one query if there is nothing to do. Several processes may run it at
// once. It creates what is missing in one transaction, or nothing.
func SyncPermissions(ctx context.Context, db *gorm.DB, models ...any) error {
	wanted, err := permissionsOf(db, models)
	if err != nil {
		return err
	}
	tx := db.Session(&gorm.Session{NewDB: true, Context: ctx})
	if missing, err := lackingPermissions(tx, wanted); err != nil {
		return fmt.Errorf("sync permissions: %w", err)
	} else if len(missing) == 0 {
		return nil
	}
	err = djangoschema.Exclusively(ctx, tx, func(tx *gorm.DB) error {
		missing, err := lackingPermissions(tx, wanted) // another process may have made some
		for _, p := range missing {
			if err := p.create(tx); err != nil {
				return fmt.Errorf("create %s.%s: %w", p.label.App, p.codename, err)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sync permissions: %w", err)
	}
	return nil
}

// modelPermission describes a permission to create.
type modelPermission struct {
	label          Label
	codename, name string
}

// permissionsOf returns the permissions of these models.
func permissionsOf(db *gorm.DB, models []any) (wanted []modelPermission, err error) {
	for _, model := range models {
		label, err := labelOf(db, model)
		if err != nil {
			return nil, err
		}
		name := verboseName(db, label, model)
		for _, action := range []string{"add", "change", "delete", "view"} {
			wanted = append(wanted, modelPermission{label, action + "_" + label.Model, "Can " + action + " " + name})
		}
	}
	return wanted, nil
}

// lackingPermissions returns the permissions that do not exist.
func lackingPermissions(tx *gorm.DB, wanted []modelPermission) ([]modelPermission, error) {
	var apps []string
	for _, p := range wanted {
		apps = append(apps, p.label.App)
	}
	slices.Sort(apps)
	var found []struct{ AppLabel, Model, Codename string }
	query := `SELECT c."app_label", c."model", p."codename" FROM ` + ofTheModel + ` WHERE c."app_label" IN ?`
	err := tx.Raw(query, slices.Compact(apps)).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("find permissions: %w", err)
	}
	there := map[modelPermission]bool{}
	for _, p := range found {
		there[modelPermission{label: Label{p.AppLabel, p.Model}, codename: p.Codename}] = true
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(p modelPermission) bool {
		return there[modelPermission{label: p.label, codename: p.codename}]
	}), nil
}

// create makes the content type, if it is missing, and the permission. The
// database numbers the rows. A Django that makes them at the same time does not
// conflict.
func (p modelPermission) create(tx *gorm.DB) error {
	app, model := p.label.App, p.label.Model
	err := tx.Exec(`INSERT INTO "django_content_type" ("app_label", "model") SELECT ?, ? `+
		`WHERE NOT EXISTS (SELECT 1 FROM "django_content_type" WHERE "app_label" = ? AND "model" = ?) `+
		`ON CONFLICT ("app_label", "model") DO NOTHING`, app, model, app, model).Error
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO "auth_permission" ("name", "content_type_id", "codename") SELECT ?, c."id", ? `+
		`FROM "django_content_type" c WHERE c."app_label" = ? AND c."model" = ? `+
		`ON CONFLICT ("content_type_id", "codename") DO NOTHING`, p.name, p.codename, app, model).Error
}

// verboseName returns Django's default for a class of the struct's name. If the
// model's label has another name, it is made from that.
func verboseName(db *gorm.DB, label Label, model any) string {
	stmt := &gorm.Statement{DB: db}
	if err := stmt.Parse(model); err == nil && strings.ToLower(stmt.Schema.Name) == label.Model {
		return camelCaseToSpaces(stmt.Schema.Name)
	}
	return label.Model
}

// camelCaseToSpaces is the function of that name in django/utils/text.py: a
// word begins at a capital after a small letter, or before anything but a
// capital.
func camelCaseToSpaces(name string) string {
	var b strings.Builder
	for i, r := range name {
		if capital(name, i) && (small(name, i-1) || i+1 < len(name) && !capital(name, i+1)) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(strings.TrimSpace(b.String()))
}

func capital(s string, i int) bool { return s[i] >= 'A' && s[i] <= 'Z' }

func small(s string, i int) bool { return i >= 0 && s[i] >= 'a' && s[i] <= 'z' }
