package djangoschema

import (
	"crypto/md5" //nolint:gosec // Django's names are made with it; nothing depends on its strength
	"encoding/hex"
	"strings"
)

// indexName returns the name that Django gives to an index or a constraint of a
// table (_create_index_name in django/db/backends/base/schema.py). Django finds
// them by it when a later migration changes them. A name has at most maxLength
// bytes.
func indexName(table string, columns []string, suffix string, maxLength int) string {
	end := namesDigest(table, columns) + suffix
	joined := strings.Join(columns, "_")
	if name := table + "_" + joined + "_" + end; len(name) <= maxLength {
		return name
	}
	end = truncate(end, maxLength/3)
	each := (maxLength-len(end))/2 - 1
	name := truncate(table, each) + "_" + truncate(joined, each) + "_" + end
	if name[0] == '_' || '0' <= name[0] && name[0] <= '9' {
		name = "D" + name[:len(name)-1]
	}
	return name
}

// namesDigest is names_digest of django/db/backends/utils.py, with the length
// that indexName needs.
func namesDigest(table string, columns []string) string {
	sum := md5.Sum([]byte(table + strings.Join(columns, ""))) //nolint:gosec // see above
	return hex.EncodeToString(sum[:4])
}

func truncate(s string, length int) string { return s[:min(len(s), length)] }
