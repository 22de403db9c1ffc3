package session

import "github.com/ginauth/ginauth/models"

// Mistake makes the process believe that a session is another user's.
func (s *Store) Mistake(key models.Secret, user models.UserModel) {
	s.remember(&Session{Key: key}, user)
}
