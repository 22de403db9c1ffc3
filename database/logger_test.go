package database_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestLoggerKeepsParametersToItself(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })

	db := mustOpen(t, ":memory:")
	if err := db.Exec("SELECT * FROM nowhere WHERE secret = ?", "hexagone").Error; err == nil {
		t.Fatal("no error")
	}
	if err := db.Debug().Exec("SELECT ?", "hexagone").Error; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "no such table") || strings.Contains(log.String(), "hexagone") {
		t.Errorf("logged: %s", log.String())
	}
	log.Reset()
	if err := db.Exec("CREATE TABLE t (id integer)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Table("t").Where("id = ?", 1).Take(&map[string]any{}).Error; err == nil {
		t.Fatal("a row was found")
	}
	if log.Len() > 0 {
		t.Errorf("a row that is not there was logged: %s", log.String())
	}
}
