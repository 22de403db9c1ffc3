package replay

import (
	"encoding/json"
	"math/big"
	"strings"
)

// isInteger reports whether n was written without fraction and exponent, which
// makes it an integer of any size.
func isInteger(n json.Number) bool { return !strings.ContainsAny(n.String(), ".eE") }

// sameNumber compares kind and value: 1 is not 1.0, but 1.0 is 1e0.
func sameNumber(a, b json.Number) bool { return isInteger(a) == isInteger(b) && equalNumber(a, b) }

// equalNumber compares the values only.
func equalNumber(a, b json.Number) bool {
	if isInteger(a) && isInteger(b) {
		return integer(a).Cmp(integer(b)) == 0
	}
	return float(a) == float(b)
}

func integer(n json.Number) *big.Int {
	i, _ := new(big.Int).SetString(n.String(), 10) // the decoder has checked the syntax
	return i
}

func float(n json.Number) float64 {
	f, _ := n.Float64() // the only possible error is a value out of range, and f is then infinite
	return f
}
