package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
)

// tokenSeries looks up tokens among more and more, each of another user.
func tokenSeries(most int) series {
	return series{
		name:    "tokens and users, PostgreSQL",
		columns: []string{"statements a request", "blocks read", "database, MB"},
		lines:   []string{"tokens: blocks read by a request"},
		sizes:   decades(10, most),
		open: func() (func(int) (point, error), func(), error) {
			l, err := openLarge()
			if err != nil {
				return nil, nil, err
			}
			there := 0
			return func(n int) (point, error) {
				if err := l.createTokens(there+1, n); err != nil {
					return point{}, err
				}
				there = n
				return l.measureTokens(n)
			}, l.close, nil
		},
	}
}

// createTokens creates users and tokens from one number to another. Keys are
// numbers, since those at random would take an hour to index.
func (l *large) createTokens(from, to int) error {
	if err := l.room(to-from, 500); err != nil {
		return err
	}
	series := fmt.Sprintf("FROM generate_series(%d, %d) n", from, to)
	return l.fill(createUsers+series,
		`INSERT INTO authtoken_token (key, created, user_id) SELECT lpad(n::text, 40, '0'), now(), n `+series)
}

const createUsers = `INSERT INTO auth_user
	(id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
	SELECT n, '', false, 'user' || n, '', '', '', false, true, now() `

// measureTokens looks up tokens of users at random.
func (l *large) measureTokens(n int) (point, error) {
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(l.recorded)))
	name := ""
	engine.GET("/", func(c *gin.Context) { name = nameOf(c) })
	var sum explained
	const requests = 20
	for i := range requests + 1 {
		number := rand.IntN(n) + 1
		one, err := l.explain(func() error {
			_, err := serve(engine, "/", "Authorization", fmt.Sprintf("Token %040d", number))
			return err
		})
		if err != nil {
			return point{}, err
		}
		if name != fmt.Sprintf("user%d", number) {
			return point{}, fmt.Errorf("the token of user%d is that of %q", number, name)
		}
		if i == 0 {
			continue // the first request of a process asks which tables are there
		}
		sum.statements, sum.buffers, sum.plan = sum.statements+one.statements, sum.buffers+one.buffers, one.plan
	}
	size, err := l.megabytes()
	blocks := float64(sum.buffers) / requests
	return point{
		cells:  []string{fmt.Sprintf("%.3g", float64(sum.statements)/requests), fmt.Sprintf("%.1f", blocks), size},
		values: []float64{blocks},
		plans:  []string{"a token: " + sum.plan},
	}, err
}
