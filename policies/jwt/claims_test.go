package jwt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/policies/jwt"
)

const (
	ok       = "3"
	invalid  = "Token is invalid"
	expired  = "Token is expired"
	notFound = "User not found"
)

// TestClaims compares with real simplejwt. The last column is the user, or a
// part of the answer. simplejwt gives the same, except where the third column
// says that it crashes, or how ginauth departs from it.
func TestClaims(t *testing.T) {
	h := newServer(t, fixture(t), rotating())
	for _, row := range []struct{ change, want, note string }{
		{"x:1", ok, ""},
		{`x:{"exp":1,"a":["}",{"b":"\""}]}`, ok, ""},
		{`x:"\ud800"`, ok, ""},
		{"exp", "Token has no 'exp' claim", ""},
		{"exp:1704067201", expired, ""},
		{"exp:0", expired, ""},
		{"exp:-1e30", expired, ""},
		{"exp:4102444800.5", ok, ""},
		{"exp:4.1e9", ok, ""},
		{"exp:253402300799", ok, ""},
		{"exp:253402300800", invalid, "crash: the year 10000"},
		{"exp:1e400", invalid, "crash"},
		{"exp:99999999999999999999", invalid, "crash"},
		{`exp:"4102444800"`, invalid, "crash"},
		{"exp:null", invalid, "crash"},
		{"exp:true", expired, ""},
		{"exp:[]", invalid, "crash"},
		{`exp:"1704067201"`, expired, ""},
		{`exp:1,"iat":4102444800`, invalid, "iat and nbf come before exp"},
		{`exp:1,"nbf":4102444800`, invalid, ""},
		{`exp:1,"sub":5`, expired, "sub and jti come after it"},
		{"iat", ok, ""},
		{"iat:4102444800", invalid, ""},
		{"iat:1704067200.9", ok, ""},
		{`iat:"x"`, invalid, ""},
		{"iat:{}", invalid, "crash"},
		{"iat:true", invalid, "departs: True is 1"},
		{"nbf:1704067200", ok, ""},
		{"nbf:4102444800", invalid, ""},
		{`nbf:"1704067200"`, ok, ""},
		{`nbf:"4102444800"`, invalid, ""},
		{`nbf:"x"`, invalid, ""},
		{"nbf:null", invalid, "crash"},
		{"nbf:1e400", invalid, "crash"},
		{"jti", "Token has no id", ""},
		{"jti:5", invalid, ""},
		{"jti:null", invalid, ""},
		{`jti:["a"]`, invalid, ""},
		{`x:1,"sub":"x"`, ok, ""},
		{`x:1,"sub":3`, invalid, ""},
		{`x:1,"sub":null`, invalid, ""},
		{"token_type", "Token has no type", ""},
		{`token_type:"refresh"`, "Token has wrong type", ""},
		{`token_type:"sliding"`, "Token has wrong type", ""},
		{`token_type:"ACCESS"`, "Token has wrong type", ""},
		{"token_type:null", "Token has wrong type", ""},
		{`token_type:["access"]`, "Token has wrong type", ""},
		{"user_id", "Token contained no recognizable user identification", ""},
		{`user_id:"3"`, ok, ""},
		{`user_id:" 3 "`, ok, ""},
		{"user_id:3.0", ok, ""},
		{"user_id:3.7", ok, ""},
		{"user_id:9999", notFound, ""},
		{"user_id:-3", notFound, ""},
		{"user_id:0", notFound, ""},
		{"user_id:99999999999", notFound, ""},
		{"user_id:99999999999999999999", notFound, ""},
		{"user_id:1e400", notFound, "crash"},
		{"user_id:null", notFound, ""},
		{"user_id:false", notFound, ""},
		{"user_id:true", notFound, "departs: True is 1, the first user"},
		{`user_id:""`, notFound, "crash"},
		{`user_id:"3 OR 1=1"`, notFound, "crash"},
		{"user_id:[3]", notFound, "crash"},
		{"user_id:{}", notFound, "crash"},
		{"user_id:5", "User is inactive", ""},
		{`aud:"somebody"`, ok, ""},
		{"iss:5", ok, ""},
	} {
		status, body := me(h, signed(hs256, claims(row.change)))
		if row.want == ok && (status != 200 || body != ok) || row.want != ok && (status != 401 || !strings.Contains(body, `"`+row.want+`"`)) {
			t.Errorf("%s: %d %s, want %s %s", row.change, status, body, row.want, row.note)
		}
	}
	if status, _ := me(h, signed(hs256, strings.Replace(claims("x:1"), `"x":1`, `"EXP":1`, 1))); status != 200 {
		t.Error("EXP is taken for exp")
	}
}

func TestIssuerAndAudience(t *testing.T) {
	db := fixture(t)
	config := rotating()
	config.Issuer, config.Audience = "https://issuer.test", []string{"here", "there"}
	h := newServer(t, db, config)
	valid := func(members string) string { return claims("x:1," + members) }
	for _, row := range []struct {
		members string
		status  int
	}{
		{`"iss":"https://issuer.test","aud":"here"`, 200},
		{`"iss":"https://issuer.test","aud":["elsewhere","there"]`, 200},
		{`"iss":"https://issuer.test","aud":"elsewhere"`, 401},
		{`"iss":"https://issuer.test","aud":["elsewhere"]`, 401},
		{`"iss":"https://issuer.test","aud":["here",5]`, 401},
		{`"iss":"https://issuer.test","aud":[]`, 401},
		{`"iss":"https://issuer.test","aud":""`, 401},
		{`"iss":"https://issuer.test","aud":null`, 401},
		{`"iss":"https://issuer.test","aud":{"here":1}`, 401},
		{`"iss":"https://issuer.test"`, 401},
		{`"iss":"https://issuer.test/","aud":"here"`, 401},
		{`"iss":["https://issuer.test"],"aud":"here"`, 401},
		{`"iss":null,"aud":"here"`, 401},
		{`"aud":"here"`, 401},
	} {
		if status, body := me(h, signed(hs256, valid(row.members))); status != row.status {
			t.Errorf("%s: %d %s", row.members, status, body)
		}
	}
	got := payload(t, logIn(h, "/pair", "alice").Access)
	if aud, _ := got["aud"].([]any); got["iss"] != "https://issuer.test" || len(aud) != 2 {
		t.Errorf("minted %v", got)
	}
}

// TestTimes checks that a token ends with the second in exp and begins with the
// second in nbf, and that the leeway moves both.
func TestTimes(t *testing.T) {
	db := fixture(t)
	const now = 2_000_000_000
	for _, row := range []struct {
		change string
		leeway time.Duration
		status int
	}{
		{"exp:2000000001", 0, 200},
		{"exp:2000000000", 0, 401},
		{"exp:1999999999", 0, 401},
		{"exp:1999999991", 10 * time.Second, 200},
		{"exp:1999999990", 10 * time.Second, 401},
		{"nbf:2000000000", 0, 200},
		{"nbf:2000000001", 0, 401},
		{"nbf:2000000010", 10 * time.Second, 200},
		{"nbf:2000000011", 10 * time.Second, 401},
		{"iat:2000000000", 0, 200},
		{"iat:2000000001", 0, 401},
		{"iat:2000000010", 10 * time.Second, 200},
	} {
		config := rotating()
		config.Now, config.Leeway = at(now), row.leeway
		if status, body := me(newServer(t, db, config), signed(hs256, claims(row.change))); status != row.status {
			t.Errorf("%s, leeway %v: %d %s", row.change, row.leeway, status, body)
		}
	}
}

// TestAlgorithms checks that each key accepts its own tokens and no others.
func TestAlgorithms(t *testing.T) {
	db := fixture(t)
	makers := map[string]func([]byte) jwt.Key{"HS256": jwt.HS256, "HS384": jwt.HS384, "HS512": jwt.HS512}
	for by, maker := range makers {
		config := rotating()
		config.Key = maker([]byte(secret))
		token := logIn(newServer(t, db, config), "/pair", "alice").Access
		for reader, readerMaker := range makers {
			config.Key = readerMaker([]byte(secret))
			if status, _ := me(newServer(t, db, config), token); (status == 200) != (by == reader) {
				t.Errorf("made by %s, read by %s: %d", by, reader, status)
			}
		}
	}
}
