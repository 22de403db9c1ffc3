package session

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// methodKey is the method of a passkey (RFC 8176: proof of possession of a
// key).
const methodKey = "pop"

// allauthTypes are the methods that the types of allauth's authenticators stand
// for.
var allauthTypes = map[string]string{
	"totp":           login.MethodOTP,
	"recovery_codes": login.MethodOTP,
	"webauthn":       methodKey,
}

// LoggedInAt returns when the session's user last proved who they are: at the
// login, or where allauth has asked again. It returns the zero time if the
// session does not record it, as after a login by a Django without allauth.
//
// It costs a query if allauth's last record is of a second factor.
func (s *Store) LoggedInAt(ctx context.Context, session *Session, user models.UserModel) (time.Time, error) {
	began, _ := session.recordedLogin()
	owned := sync.OnceValues(func() ([]device, error) { return s.authenticators(ctx, user) })
	for _, r := range slices.Backward(session.allauthRecords()) {
		at, ok := loginTime(r.At)
		if !ok || at.Before(began) {
			continue
		}
		if counts, err := r.isLogin(owned); counts || err != nil {
			return at, err
		}
	}
	return began, nil
}

// isLogin reports whether an entry of allauth's list is of a login of the user
// who has these authenticators.
func (r allauthRecord) isLogin(owned func() ([]device, error)) (bool, error) {
	switch r.Method {
	case allauthPassword, allauthCode, allauthSocial:
		return true, nil
	case allauthMFA:
		list, err := owned()
		return r.provedBy(list), err
	}
	return false, nil
}

// Methods returns how the session's user has logged in, as amr values of RFC
// 8176, as far as the session records it. A code counts while its device exists
// and is the user's: a session may have begun as that of another user, and keep
// what that one proved.
//
// It costs a query if the session names devices of allauth, and one if it names
// a device of django-otp.
func (s *Store) Methods(ctx context.Context, session *Session, user models.UserModel) (methods []string, err error) {
	var own []string
	if session.Get(sessionMethods, &own) {
		methods = own
	}
	proved := session.allauthRecords()
	proved = slices.DeleteFunc(proved, func(r allauthRecord) bool { return r.Method != allauthMFA })
	if len(proved) > 0 {
		list, err := s.authenticators(ctx, user)
		if err != nil {
			return nil, err
		}
		for _, r := range proved {
			if method := allauthTypes[r.Type]; method != "" && r.provedBy(list) {
				methods = append(methods, method)
			}
		}
	}
	device := session.otpDevice()
	switch there, err := s.hasDevice(ctx, user, device); {
	case err != nil:
		return nil, err
	case there && device.passkey:
		methods = append(methods, methodKey)
	case there:
		methods = append(methods, login.MethodOTP)
	}
	return methods, nil
}

// otpDevice returns the device of django-otp that the session names.
func (s *Session) otpDevice() device {
	var name string
	if !s.Get(sessionOTPDevice, &name) {
		return device{}
	}
	return parsePersistentID(name)
}

// allauthRecords returns the entries of allauth's list, without those that are
// malformed.
func (s *Session) allauthRecords() (list []allauthRecord) {
	var entries []json.RawMessage
	if !s.Get(sessionAllauth, &entries) {
		return nil
	}
	for _, entry := range entries {
		var r allauthRecord
		if json.Unmarshal(entry, &r) == nil {
			list = append(list, r)
		}
	}
	return list
}
