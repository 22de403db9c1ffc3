package random_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/random"
)

func TestAlphanumeric(t *testing.T) {
	count := map[rune]int{}
	for n := range 1000 {
		text := random.Alphanumeric(n % 100)
		if len(text) != n%100 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			t.Fatalf("%d characters: %q", n%100, text)
		}
		for _, r := range text {
			count[r]++
		}
	}
	for r, n := range count { // 798 are expected; 200 is more than seven standard deviations
		if n < 598 || n > 998 {
			t.Errorf("%c came %d times", r, n)
		}
	}
	if len(count) != 62 {
		t.Errorf("%d characters came", len(count))
	}
}
