package requirements

import (
	"net/http"
	"time"

	"github.com/ginauth/ginauth/models/login"
)

// required refuses a login without a code.
func required() error {
	return &login.Refusal{Status: http.StatusUnauthorized, Code: "otp_required",
		Detail: "A one-time code is required."}
}

// invalid refuses a code that is wrong or has been used.
func invalid() error {
	return &login.Refusal{Status: http.StatusUnauthorized, Code: "otp_invalid", Guess: true,
		Detail: "The one-time code is wrong or has been used."}
}

// throttled refuses a code that was not tested, or whose outcome is not told.
func throttled(wait time.Duration, guess bool) error {
	return &login.Refusal{Status: http.StatusTooManyRequests, Code: "otp_throttled", Wait: wait, Guess: guess,
		Detail: "There were too many wrong one-time codes. Try again later."}
}

// unsupported refuses a user whose second factor cannot be checked here.
func unsupported() error {
	return &login.Refusal{Status: http.StatusForbidden, Code: "otp_unsupported",
		Detail: "This login needs a second factor that is not supported here."}
}
