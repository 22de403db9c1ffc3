package pooler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/pooler"
)

type refusal string

func (r refusal) Error() string    { return "ERROR (SQLSTATE " + string(r) + ")" }
func (r refusal) SQLState() string { return string(r) }

func TestExplain(t *testing.T) {
	for _, row := range []struct {
		err       error
		explained bool
	}{
		{nil, false},
		{errors.New("26000"), false},
		{refusal("40001"), false},
		{refusal("08P01"), false},
		{refusal("26000"), true},
		{refusal("42P05"), true},
		{refusal("0A000"), true},
		{fmt.Errorf("find token: %w", refusal("26000")), true},
	} {
		got := pooler.Explain(row.err)
		if !errors.Is(got, row.err) {
			t.Errorf("%v became %v", row.err, got)
		}
		if explained := got != nil && strings.Contains(got.Error(), "default_query_exec_mode=cache_describe"); explained != row.explained {
			t.Errorf("%v: %v, want it explained: %v", row.err, got, row.explained)
		}
	}
}
