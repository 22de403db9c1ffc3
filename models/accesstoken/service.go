package accesstoken

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// Service is a program that has access tokens of its own. It has no account, no
// groups and no permissions; its tokens permit the scopes that both the
// service's row and the token have.
//
// It is the user of requests with such a token. It passes IsAuthenticated, but
// neither IsAdminUser nor the classes about permissions, groups, roles and
// owners.
type Service struct {
	Name     string
	IsActive bool      // false: its tokens are refused
	Scopes   []string  // the most that its tokens can have
	Created  time.Time // zero for the user of a request

	// id is not exported, or it would pass for a user's primary key.
	id int64
}

// Authenticated returns true, except for a nil service.
func (s *Service) Authenticated() bool { return s != nil }

// Active reports whether the service's tokens are accepted.
func (s *Service) Active() bool { return s != nil && s.IsActive }

// Staff returns false.
func (*Service) Staff() bool { return false }

// Subject returns "service:" and the name, for logs and counters.
func (s *Service) Subject() string { return "service:" + s.Name }

// String returns the Subject.
func (s *Service) String() string { return s.Subject() }

// HasScope reports whether the service's tokens may have the scope.
func (s *Service) HasScope(_ context.Context, name string) (bool, error) {
	return s.Active() && covers(s.Scopes, []string{name}), nil
}

// CreateService stores a new active service. Its name must be unique. Its
// scopes must be defined by [models.Scopes] or be [models.AllScopes].
func (a *Store) CreateService(ctx context.Context, name string, scopes []string) (*Service, error) {
	name = strings.TrimSpace(name)
	if !sqlkit.Storable(name, djangoschema.MaxTokenName) {
		return nil, fmt.Errorf("accesstoken: the name of a service is 1 to %d characters", djangoschema.MaxTokenName)
	}
	scopes, err := checkScopes(a.scopes, scopes)
	if err != nil {
		return nil, fmt.Errorf("accesstoken: the scopes of a service: %w", err)
	}
	s := &Service{Name: name, IsActive: true, Scopes: scopes, Created: sqlkit.Now()}
	n, err := sqlkit.Exec(ctx, a.pool(), a.sql.insertService, name, true, strings.Join(scopes, " "), s.Created)
	switch {
	case err != nil:
		return nil, fmt.Errorf("create service: %w", err)
	case n == 0:
		return nil, fmt.Errorf("accesstoken: there is a service %q already", name)
	}
	return a.Service(ctx, name)
}

// Service returns the service with that name, or [models.ErrNotFound].
func (a *Store) Service(ctx context.Context, name string) (*Service, error) {
	if !sqlkit.Storable(name, djangoschema.MaxTokenName) {
		return nil, models.ErrNotFound
	}
	services, err := a.readServices(ctx, a.sql.serviceByName, name)
	if err != nil {
		return nil, err
	}
	if len(services) == 0 {
		return nil, models.ErrNotFound
	}
	return services[0], nil
}

// Services returns all services, sorted by name.
func (a *Store) Services(ctx context.Context) ([]*Service, error) {
	return a.readServices(ctx, a.sql.services)
}

// SetServiceActive sets whether the service's tokens are accepted, from the
// next request on. It returns [models.ErrNotStored] if the service has no row.
func (a *Store) SetServiceActive(ctx context.Context, s *Service, active bool) error {
	err := a.users.Transaction(ctx, func(tx *models.Users) error {
		userkit.Of(tx).Announce(ctx, announcement.Service(s.Name))
		n, err := sqlkit.Exec(ctx, sqlkit.Pool(tx.Database()), a.sql.setServiceActive, active, s.id)
		if err == nil && n == 0 {
			err = models.ErrNotStored
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set active: %w", err)
	}
	s.IsActive = active
	return nil
}

func (a *Store) readServices(ctx context.Context, query string, args ...any) (services []*Service, err error) {
	for rows, err := range sqlkit.Rows(ctx, a.pool(), query, args...) {
		s, scopes := &Service{}, ""
		if err == nil {
			err = rows.Scan(&s.id, &s.Name, &s.IsActive, &scopes, &s.Created)
		}
		if err != nil {
			return nil, fmt.Errorf("read services: %w", err)
		}
		s.Scopes = strings.Fields(scopes)
		services = append(services, s)
	}
	return slices.Clip(services), nil
}
