package legacyapp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"
	"gorm.io/gorm"
)

const timeout = time.Hour

// Before returns the application as it was. Its middleware answers and signs as
// github.com/appleboy/gin-jwt/v2 does.
func Before(db *gorm.DB, secret []byte) *gin.Engine {
	r := gin.New()
	register(r, legacyAuth{db, secret})
	return r
}

// register registers the routes behind the middleware.
func register(r *gin.Engine, a legacyAuth) {
	add := func(r gin.IRouter, method, path string) {
		r.Handle(method, path, answer(method+" "+path, func(c *gin.Context) string { return c.GetString("email") }))
	}
	r.POST("/login", a.login)
	add(r, "GET", "/healthz")
	r.GET("/auth/refresh_token", a.middleware, a.refresh)

	api := r.Group("/api", a.middleware)
	orders(api, add)
	catalog(api.Group("", a.roles("admin", "editor")), add)
	admin(r.Group("/admin", a.middleware, a.roles("admin")), add)
	forgotten(r, add)
}

type legacyAuth struct {
	db     *gorm.DB
	secret []byte
}

func (a legacyAuth) login(c *gin.Context) {
	var in struct {
		Email    string `json:"email" binding:"required"`
		Password string `json:"password" binding:"required"`
	}
	if c.ShouldBindJSON(&in) != nil {
		unauthorized(c, http.StatusUnauthorized, "missing Username or Password")
		return
	}
	var user Account
	if a.db.Where("email = ? AND NOT disabled", in.Email).Take(&user).Error != nil ||
		bcrypt.CompareHashAndPassword([]byte(user.PasswordHash), []byte(in.Password)) != nil {
		unauthorized(c, http.StatusUnauthorized, "incorrect Username or Password")
		return
	}
	a.token(c, user.ID)
}

func (a legacyAuth) token(c *gin.Context, id uint) {
	expire := time.Now().Add(timeout)
	claims := jwt.MapClaims{"identity": id, "exp": expire.Unix(), "orig_iat": time.Now().Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(a.secret)
	if err != nil {
		unauthorized(c, http.StatusUnauthorized, "failed to create JWT Token")
		return
	}
	c.JSON(http.StatusOK, gin.H{"code": http.StatusOK, "token": token, "expire": expire.Format(time.RFC3339)})
}

func (a legacyAuth) refresh(c *gin.Context) {
	id, _ := strconv.ParseUint(c.GetString("identity"), 10, 64)
	a.token(c, uint(id))
}

func (a legacyAuth) middleware(c *gin.Context) {
	header := c.GetHeader("Authorization")
	raw, found := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "":
		unauthorized(c, http.StatusUnauthorized, "auth header is empty")
		return
	case !found:
		unauthorized(c, http.StatusUnauthorized, "auth header is invalid")
		return
	}
	claims := jwt.MapClaims{}
	key := func(*jwt.Token) (any, error) { return a.secret, nil }
	_, err := jwt.ParseWithClaims(raw, claims, key, jwt.WithValidMethods([]string{"HS256"}))
	id, _ := claims["identity"].(float64)
	var user Account
	if err != nil || a.db.Where("id = ?", uint(id)).Take(&user).Error != nil {
		unauthorized(c, http.StatusUnauthorized, "Token is invalid")
		return
	}
	c.Set("identity", strconv.FormatUint(uint64(user.ID), 10))
	c.Set("email", user.Email)
	c.Set("role", user.Role)
}

func (a legacyAuth) roles(allowed ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, role := range allowed {
			if c.GetString("role") == role {
				return
			}
		}
		unauthorized(c, http.StatusForbidden, "you don't have permission to access this resource")
	}
}

func unauthorized(c *gin.Context, code int, message string) {
	c.Header("WWW-Authenticate", "JWT realm=legacy")
	c.AbortWithStatusJSON(code, gin.H{"code": code, "message": message})
}
