package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/ginauth/ginauth/internal/djangosigning"
	"github.com/ginauth/ginauth/internal/fingerprint"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/models"
)

// sealKey encrypts the key of a session for the row of its use, from which the
// session has to be found, and binds it to the row's id and user. A copy of the
// table is of no use without a secret key.
//
// The nonce is made from the key and what it is bound to, so that a session is
// sealed in one way only, however often its row is written, and no nonce serves
// two messages.
func (s *Store) sealKey(session *Session, user any) (string, error) {
	secret, key := s.keys.Get()[0], string(session.Key)
	box, err := sealer(secret)
	if err != nil {
		return "", err
	}
	bound := boundTo(session.ID(), user)
	digest := djangosigning.SaltedHMAC(sha256.New, sealSalt+".nonce", string(secret), key+"\x00"+string(bound))
	nonce := digest[:box.NonceSize()]
	return base64.StdEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(key), bound)), nil
}

// openKey returns the key of the session that sealKey has encrypted with any of
// the secret keys.
func (s *Store) openKey(sealed, id string, user any) (key models.Secret, ok bool) {
	bytes, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", false
	}
	for _, secret := range s.keys.Get() {
		box, err := sealer(secret)
		if err != nil || len(bytes) < box.NonceSize() {
			return "", false
		}
		nonce, text := bytes[:box.NonceSize()], bytes[box.NonceSize():]
		if opened, err := box.Open(nil, nonce, text, boundTo(id, user)); err == nil {
			return models.Secret(opened), fingerprint.Of(string(opened)) == id
		}
	}
	return "", false
}

const sealSalt = "ginauth.models.session.seal"

// sealer returns AES-256-GCM.
func sealer(secret models.Secret) (cipher.AEAD, error) {
	block, err := aes.NewCipher(djangosigning.SaltedHMAC(sha256.New, sealSalt, string(secret), ""))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func boundTo(id string, user any) []byte {
	key, ok := sqlkit.KeyText(user)
	if !ok {
		key = fmt.Sprint(user)
	}
	return []byte(id + " " + key)
}
