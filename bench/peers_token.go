package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
)

// ownToken is a token as an application maps it, with its user.
type ownToken struct {
	Key    string `gorm:"primaryKey"`
	UserID int64
	User   models.User
}

// TableName implements GORM's Tabler.
func (ownToken) TableName() string { return "authtoken_token" }

// findUser finds the active user whose token has a key.
type findUser func(ctx context.Context, key string) (*models.User, error)

// authenticate is the middleware that applications write around a look-up.
func (find findUser) authenticate(c *gin.Context) {
	key, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Token ")
	if !ok {
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	user, err := find(c.Request.Context(), key)
	if err != nil || !user.IsActive {
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	c.Set("user", user)
}

// preload asks for the token, and then for its user.
func preload(db *gorm.DB) gin.HandlerFunc {
	return findUser(func(ctx context.Context, key string) (*models.User, error) {
		var found ownToken
		err := db.WithContext(ctx).Preload("User").Where(`"key" = ?`, key).Take(&found).Error
		return &found.User, err
	}).authenticate
}

// joins asks for both in one statement.
func joins(db *gorm.DB) gin.HandlerFunc {
	return findUser(func(ctx context.Context, key string) (*models.User, error) {
		var found ownToken
		err := db.WithContext(ctx).Joins("User").Where(`authtoken_token."key" = ?`, key).Take(&found).Error
		return &found.User, err
	}).authenticate
}

const userByKey = `SELECT u.id, u.password, u.last_login, u.is_superuser, u.username, u.first_name, u.last_name,
	u.email, u.is_staff, u.is_active, u.date_joined
	FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id WHERE t."key" = $1`

// scanned reads a row of [userByKey].
func scanned(row interface{ Scan(into ...any) error }) (*models.User, error) {
	var u models.User
	err := row.Scan(&u.ID, &u.Password, &u.LastLogin, &u.IsSuperuser, &u.Username, &u.FirstName, &u.LastName, &u.Email,
		&u.IsStaff, &u.IsActive, &u.DateJoined)
	return &u, err
}

// moreByKey is the statement of ginauth: it also reads when the token was made,
// and the epoch of the user, which ends with a log out everywhere.
const moreByKey = `SELECT u.id, u.password, u.last_login, u.is_superuser, u.username, u.first_name,
	u.last_name, u.email, u.is_staff, u.is_active, u.date_joined, t.created, COALESCE(e.epoch, 0)
	FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id
	LEFT JOIN ginauth_epoch e ON e.user_id = u.id WHERE t."key" = $1`

// scannedMore reads a row of [moreByKey].
func scannedMore(row interface{ Scan(into ...any) error }) (*models.User, error) {
	var u models.User
	var created time.Time
	var epoch int64
	err := row.Scan(&u.ID, &u.Password, &u.LastLogin, &u.IsSuperuser, &u.Username, &u.FirstName, &u.LastName, &u.Email,
		&u.IsStaff, &u.IsActive, &u.DateJoined, &created, &epoch)
	return &u, err
}

// prepared asks by a statement of database/sql that is prepared once.
func prepared(db *gorm.DB) (gin.HandlerFunc, error) {
	stmt, err := prepare(db, userByKey)
	return findUser(func(ctx context.Context, key string) (*models.User, error) {
		return scanned(stmt.QueryRowContext(ctx, key))
	}).authenticate, err
}

// preparedAlike is prepared with the statement of ginauth.
func preparedAlike(db *gorm.DB) (gin.HandlerFunc, error) {
	stmt, err := prepare(db, moreByKey)
	return findUser(func(ctx context.Context, key string) (*models.User, error) {
		return scannedMore(stmt.QueryRowContext(ctx, key))
	}).authenticate, err
}

func prepare(db *gorm.DB, query string) (*sql.Stmt, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	return pool.Prepare(query)
}

// byPgx asks through pgx's own pool, without database/sql.
func byPgx(url string, connections int32) (gin.HandlerFunc, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address of PostgreSQL is no URL") // the error has the password
	}
	config.MaxConns = connections
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return findUser(func(ctx context.Context, key string) (*models.User, error) {
		return scanned(pool.QueryRow(ctx, userByKey, key))
	}).authenticate, nil
}
