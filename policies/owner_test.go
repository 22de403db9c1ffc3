package policies_test

import (
	"database/sql"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// holder is a user whose primary key is of any type.
type holder[K any] struct {
	ID K `gorm:"primaryKey"`
}

func (*holder[K]) Authenticated() bool { return true }

// belonging names its owner in columns of every type that keys have.
type belonging struct {
	ID        int64
	Int       int64
	Int32     int32
	Uint      uint64
	Text      string
	UUID      uuid.UUID
	Bytes     []byte
	IntPtr    *int64
	UintPtr   *uint32
	TextPtr   *string
	UUIDPtr   *uuid.UUID
	NullInt   sql.NullInt64
	NullText  sql.NullString
	NullUUID  uuid.NullUUID
	NamedInt  named
	NamedText *word
}

type (
	named int16
	word  string
)

var ownerColumns = []string{"Int", "Int32", "Uint", "Text", "UUID", "Bytes", "IntPtr", "UintPtr", "TextPtr", "UUIDPtr",
	"NullInt", "NullText",
	"NullUUID", "NamedInt", "NamedText"}

// TestKeysOfOwners checks that for every type of key and of column a list finds
// the rows that the object check lets pass. Row 1 belongs to the user whose key
// is 7 or the UUID key, row 2 to another user, and row 3 to none, whatever row
// 4 looks like.
func TestKeysOfOwners(t *testing.T) {
	key, other := uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7"), uuid.MustParse("00000000-0000-4000-8000-000000000001")
	of := func(id, n int64, text string, u uuid.UUID) *belonging {
		return &belonging{ID: id, Int: n, Int32: int32(n), Uint: uint64(n), Text: text, UUID: u, Bytes: []byte(text),
			IntPtr: &n, UintPtr: ptr(uint32(n)), TextPtr: &text, UUIDPtr: &u, NullInt: sql.NullInt64{Int64: n, Valid: true},
			NullText: sql.NullString{String: text, Valid: true},
			NullUUID: uuid.NullUUID{UUID: u, Valid: true}, NamedInt: named(n), NamedText: ptr(word(text))}
	}
	rows := []*belonging{of(1, 7, "7", key), of(2, 8, "07", other), {ID: 3}, of(4, 9, "[55]", other)} // 4: as bytes print
	const numbers = "Int Int32 Uint Text IntPtr UintPtr TextPtr NullInt NullText NamedInt NamedText"
	const uuids = "UUID UUIDPtr NullUUID"
	users := map[string]struct {
		user ginauth.User
		owns string // the columns by which row 1 is the user's
	}{
		"int":                {&holder[int]{7}, numbers},
		"int8":               {&holder[int8]{7}, numbers},
		"uint":               {&holder[uint]{7}, numbers},
		"named":              {&holder[named]{7}, numbers},
		"pointer":            {&holder[*int64]{ptr(int64(7))}, numbers},
		"null int":           {&holder[sql.NullInt64]{sql.NullInt64{Int64: 7, Valid: true}}, numbers},
		"text":               {&holder[string]{"7"}, numbers},
		"null text":          {&holder[sql.NullString]{sql.NullString{String: "7", Valid: true}}, numbers},
		"models.User":        {&models.User{ID: 7}, numbers},
		"uuid":               {&holder[uuid.UUID]{key}, uuids},
		"uuid pointer":       {&holder[*uuid.UUID]{&key}, uuids},
		"null uuid":          {&holder[uuid.NullUUID]{uuid.NullUUID{UUID: key, Valid: true}}, uuids},
		"text of a uuid":     {&holder[string]{key.String()}, uuids},
		"bytes":              {&holder[[]byte]{[]byte("7")}, "Bytes"},
		"nobody, int":        {&holder[int64]{}, ""},
		"nobody, text":       {&holder[string]{}, ""},
		"nobody, pointer":    {&holder[*int64]{}, ""},
		"nobody, uuid":       {&holder[uuid.UUID]{}, ""},
		"nobody, null":       {&holder[sql.NullInt64]{}, ""},
		"nobody, odd null":   {&holder[sql.NullInt64]{sql.NullInt64{Int64: 7}}, ""},
		"nobody, odd uuid":   {&holder[uuid.NullUUID]{uuid.NullUUID{UUID: key}}, ""},
		"nobody, User":       {&models.User{}, ""},
		"another text":       {&holder[string]{"007"}, ""},
		"a text with a sign": {&holder[string]{"+7"}, ""},
		"negative":           {&holder[int64]{-7}, ""},
		"what NULL prints":   {&holder[string]{"<nil>"}, ""},
		"a word":             {&holder[string]{"x'--"}, ""},
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.AutoMigrate(&belonging{}); err != nil {
			t.Fatal(err)
		}
		if err := db.Create(&rows).Error; err != nil {
			t.Fatal(err)
		}
		for name, who := range users {
			for _, column := range ownerColumns {
				want := fmt.Sprint([]int64{}, []int64{})
				if slices.Contains(strings.Fields(who.owns), column) {
					want = fmt.Sprint([]int64{1}, []int64{1})
				}
				if got := owned(db, who.user, column, rows); got != want {
					t.Errorf("user %s, column %s: checked and listed %s, want %s", name, column, got, want)
				}
			}
		}
	})
}

// TestKeysThatWrapAround checks that a negative number does not equal a large
// one with the same bits.
func TestKeysThatWrapAround(t *testing.T) {
	c := requestFrom("192.0.2.1:1", "")
	for _, row := range []struct {
		user   ginauth.User
		column string
		row    *belonging
		want   bool
	}{
		{&holder[uint64]{math.MaxUint64}, "Int", &belonging{Int: -1}, false},
		{&holder[int64]{-1}, "Uint", &belonging{Uint: math.MaxUint64}, false},
		{&holder[int64]{-1}, "Int32", &belonging{Int32: -1}, true},
		{&holder[uint64]{math.MaxUint64}, "Uint", &belonging{Uint: math.MaxUint64}, true},
		{&holder[int64]{1 << 32}, "Int32", &belonging{Int32: 0}, false},
	} {
		got, err := policies.IsOwner(row.column).(ginauth.ObjectPermission).HasObjectPermission(c, &ginauth.Identity{User: row.user}, row.row)
		if got != row.want || err != nil {
			t.Errorf("%+v, %s of %+v: %v %v", row.user, row.column, row.row, got, err)
		}
	}
}

// owned returns the keys of the rows that a check lets pass, and of those that
// a list finds.
func owned(db *gorm.DB, user ginauth.User, column string, rows []*belonging) (result string) {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.PermissionClasses(policies.IsOwner(column)),
		ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Holder", func(*gin.Context) (*ginauth.Identity, error) {
			return &ginauth.Identity{User: user}, nil
		})))
	auth.With(engine, ginauth.ObjectsInHandler()).GET("/", func(c *gin.Context) {
		checked, listed := []int64{}, []int64{}
		for _, row := range rows {
			switch err := ginauth.CheckObject(c, row).(type) {
			case nil:
				checked = append(checked, row.ID)
			case *ginauth.Error:
				if err.Status != http.StatusForbidden {
					result += err.Error() + " "
				}
			}
		}
		if err := policies.Filter(c, db.Model(&belonging{})).Order("id").Pluck("id", &listed).Error; err != nil {
			result += err.Error() + " "
		}
		result += fmt.Sprint(checked, listed)
	})
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	return result
}
