package djangoschema

import (
	"strings"
	"testing"
)

// TestIndexName compares with the names that _create_index_name of Django 3.2
// returned.
func TestIndexName(t *testing.T) {
	long := "an_application_with_a_very_long_name_for_its_table_of_accounts"
	group, both := []string{"group_id"}, []string{"group_id", "permission_id"}
	for _, c := range []struct {
		table     string
		columns   []string
		suffix    string
		maxLength int
		want      string
	}{
		{"auth_user", []string{"username"}, "_like", 63, "auth_user_username_6821ab7c_like"},
		{"auth_group_permissions", both, "_uniq", 63, "auth_group_permissions_group_id_permission_id_0cd325b0_uniq"},
		{"auth_group_permissions", both[1:], "_fk_auth_permission_id", 63, "auth_group_permissio_permission_id_84c5c92e_fk_auth_perm"},
		{long, both, "_uniq", 63, "an_application_with_a_ve_group_id_permission_id_9700483e_uniq"},
		{long, group, "_fk_" + long + "_id", 63, "an_application_with__group_id_c7700589_fk_an_applic"},
		{long, group, "_fk_" + strings.Repeat(long, 4) + "_id", 200,
			long + "_group_id_c7700589_fk_an_application_with_a_very_long_name_for_its_table_of_"},
		{"1" + long, both, "_uniq", 63, "D1an_application_with_a_v_group_id_permission_id_93ce3dd6_uni"},
		{"_" + long, both, "", 63, "D_an_application_with_a_ver_group_id_permission_id_cc13d90"},
		{"1short", []string{"a"}, "", 63, "1short_a_3283ade8"},
		{"short", []string{strings.Repeat("a", 80)}, "_uniq", 63, "short_aaaaaaaaaaaaaaaaaaaaaaaa_0654e09e_uniq"},
	} {
		if got := indexName(c.table, c.columns, c.suffix, c.maxLength); got != c.want {
			t.Errorf("%s %v %s: %s, want %s", c.table, c.columns, c.suffix, got, c.want)
		}
	}
}
