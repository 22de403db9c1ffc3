package policies_test

import "gorm.io/gorm"

// filter is a query through Filter, and what it looks for in plain Go.
type filter struct {
	name    string
	find    func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error
	match   func(row *paper) bool
	deleted bool // it finds deleted papers too
}

// filters add conditions before Filter, after it and in Find, of the shapes
// that could widen a careless implementation.
var filters = []filter{
	{name: "Where Or, before", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Where("stars > 2").Or("public")).Find(dest).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "Where Or, after", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Where("stars > 2").Or("public").Find(dest).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "Where before, Or after", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Where("stars > 2")).Or("public").Find(dest).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "Or alone, before", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Or("public")).Find(dest).Error
	}, match: func(row *paper) bool { return row.public() }},

	{name: "Or alone, after", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Or("1 = 1").Find(dest).Error
	}, match: func(*paper) bool { return true }},

	{name: "raw Or in Where", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Where("1 = 0 OR 1 = 1").Find(dest).Error
	}, match: func(*paper) bool { return true }},

	{name: "raw Or in Find", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Where("owner_id < 5")).Find(dest, "stars > ? OR public", 2).Error
	}, match: func(row *paper) bool { return row.OwnerID < 5 && (row.above(2) || row.public()) }},

	{name: "Not", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Not("owner_id = 3")).Not("stars > 2").Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID != 3 && row.Stars.Valid && !row.above(2) }},

	{name: "Not, Or", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Not("owner_id < 6").Or("public").Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID >= 6 || row.public() }},

	{name: "struct", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Where(&paper{OwnerID: 3}).Or(&paper{OwnerID: 4}).Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID == 3 || row.OwnerID == 4 }},

	{name: "group", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Where(db.Where("owner_id = 3").Or("owner_id = 4"))).Or(db.Where("public")).Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID == 3 || row.OwnerID == 4 || row.public() }},

	{name: "Unscoped", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db.Where("1 = 0")).Unscoped().Or("1 = 1").Find(dest).Error
	}, match: func(*paper) bool { return true }, deleted: true},

	{name: "twice", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(scope(db).Where("stars > 2")).Or("public").Find(dest).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "in batches", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		var batch []*paper
		return scope(db).Where("public OR stars > 2").FindInBatches(&batch, 3, func(*gorm.DB, int) error {
			*dest = append(*dest, batch...)
			return nil
		}).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "sub-query", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return db.Where("id IN (?)", scope(db.Model(&paper{})).Where("public").Or("stars > 2").Select("id")).Find(dest).Error
	}, match: func(row *paper) bool { return row.above(2) || row.public() }},

	{name: "in a group", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return db.Where("owner_id > 1").Where(scope(db.Model(&paper{}))).Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID > 1 }},

	{name: "joins", find: func(db *gorm.DB, scope func(*gorm.DB) *gorm.DB, dest *[]*paper) error {
		return scope(db).Joins("JOIN auth_user u ON u.id = core_paper.owner_id AND u.is_active").Find(dest).Error
	}, match: func(row *paper) bool { return row.OwnerID < 7 && row.OwnerID != 5 }},
}
