package models_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/models"
)

func TestSecretsDoNotPrint(t *testing.T) {
	user := models.User{Username: "alice", Password: "s3cret-hash"}
	token := models.Token{Key: "s3cret-key"}
	var out bytes.Buffer
	for _, value := range []any{user, &user, token, &token, user.Password, []models.User{user}, map[string]any{"t": token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, value)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	}
	if strings.Contains(out.String(), "s3cret") || strings.Contains(out.String(), fmt.Sprintf("%x", "s3cret")) {
		t.Errorf("a secret was printed: %s", out.String())
	}
	if string(token.Key) != "s3cret-key" {
		t.Error("a conversion reveals it")
	}
}
