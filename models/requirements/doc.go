// Package requirements holds what Django's packages ask of a login besides the
// right password: a one-time code (allauth.mfa, django-otp), a verified e-mail
// address (allauth), and that the client is not locked out (django-axes). A
// database declares them once, for every way in that takes a password:
//
//	err := db.Use(login.Requirements{
//		Locks: []login.Lock{requirements.Axes{FailureLimit: 5, CoolOff: time.Hour}},
//		All: []login.Requirement{
//			requirements.AllauthMFA{CacheTable: "django_cache"},
//			requirements.AllauthEmail{},
//		},
//	})
//
// They read the packages' own tables. Enrolling a device, confirming an address
// and ending a lock stay with Django. Codes are those of RFC 6238 (TOTP); a
// user whose only second factor is of another kind cannot log in here.
//
// The refusals have these codes:
//
//	otp_required        401  the user has a device, and no code was given
//	otp_invalid         401  the code is wrong, or has been used
//	otp_throttled       429  too many wrong codes, see Retry-After
//	otp_unsupported     403  the user's second factor is not a TOTP device
//	otp_device_required 403  the user has no device, see DjangoOTP.Everyone
//	email_unverified    403  the user has to confirm the e-mail address first
//	locked_out          403  django-axes has locked the client out
//
// A 401 becomes 403 where the route has no challenge to offer.
package requirements
