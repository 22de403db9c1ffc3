package setting_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/setting"
)

// limit is a setting as packages declare them, with methods of the value.
type limit struct{ n int }

func (limit) Name() string              { return "limit" }
func (limit) Initialize(*gorm.DB) error { return nil }

type wrapped struct{ limit }

// TestASettingIsReadAsGiven checks that a setting holds as a value and by a
// pointer, and that one which cannot be read is never left out in silence.
func TestASettingIsReadAsGiven(t *testing.T) {
	for _, row := range []struct {
		name   string
		plugin gorm.Plugin
		n      int
		ok     bool
		panics bool
	}{
		{"nothing", nil, 0, false, false},
		{"a value", limit{3}, 3, true, false},
		{"a pointer", &limit{3}, 3, true, false},
		{"a struct that embeds it", wrapped{limit{3}}, 0, false, true},
		{"a pointer to one", &wrapped{limit{3}}, 0, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if got := recover() != nil; got != row.panics {
					t.Errorf("panics: %t", got)
				}
			}()
			if value, ok := setting.As[limit](row.plugin); value.n != row.n || ok != row.ok {
				t.Errorf("%d, %t; want %d, %t", value.n, ok, row.n, row.ok)
			}
		})
	}
}
