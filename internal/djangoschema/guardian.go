package djangoschema

// guardianApp is django-guardian's app. It records which user or group has
// which permission for one object, named by content type and the text of its
// key.
func guardianApp(user User) app {
	contentType := foreignKey("content_type_id", integer, reference{"django_content_type", "id"})
	objectPK := field{name: "object_pk", typ: varchar(MaxObjectPK)}
	object := []string{contentType.name, objectPK.name}
	toUser := foreignKey("user_id", sameType(user.PKType), reference{user.Name, user.PK})
	return app{
		label: "guardian",
		tables: []table{
			{
				name:    "guardian_groupobjectpermission",
				fields:  []field{autoID, objectPK, contentType, toGroup, toPerm},
				unique:  [][]string{{toGroup.name, toPerm.name, objectPK.name}},
				indexes: []index{{"guardian_gr_content_ae6aec_idx", object}},
			},
			{
				name:    "guardian_userobjectpermission",
				fields:  []field{autoID, objectPK, contentType, toPerm, toUser},
				unique:  [][]string{{toUser.name, toPerm.name, objectPK.name}},
				indexes: []index{{"guardian_us_content_179ed2_idx", object}},
			},
		},
		migrations: []string{"0001_initial", "0002_generic_permissions_index"},
	}
}
