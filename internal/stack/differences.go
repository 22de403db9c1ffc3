package stack

import "slices"

// Difference is a change of behaviour between two releases of a package that
// clients or the other server can notice.
type Difference struct {
	Package Package
	Since   Release // the first release that behaves as After says
	What    string
	Before  string
	After   string
}

// table holds the differences in the order of their declaration.
var table []*Difference

// Table returns every difference.
func Table() []*Difference { return slices.Clone(table) }

func row(p Package, since Release, what, before, after string) *Difference {
	d := &Difference{p, since, what, before, after}
	table = append(table, d)
	return d
}

// The table. Documents and tests read it by [Table].
var (
	OriginHeader = row(Django, Release{4, 0},
		"CSRF check: the header `Origin`",
		"ignored",
		"must name the site or a trusted origin")
	CSRFReasons = row(Django, Release{4, 0},
		"CSRF check: the reason given for a wrong token",
		"`CSRF token missing or incorrect.`",
		"missing, incorrect, of incorrect length or with invalid characters, and where it stood")
	CSRFCookieReset = row(Django, Release{4, 0},
		"a malformed CSRF cookie",
		"is left alone",
		"is replaced by the answer, also where no check is made")
	ScryptParallelism = row(Django, Release{5, 0},
		"parallelism of new scrypt hashes",
		"1",
		"5")
	WeakHashers = row(Django, Release{5, 1},
		"hashers for salted SHA-1 and for MD5 and SHA-1 without a salt",
		"can be listed in `PASSWORD_HASHERS`",
		"do not exist; their users cannot log in")
	ShownReasons = row(DRF, Release{3, 15},
		"404 of an object that does not exist",
		"`Not found.`",
		"`No Note matches the given query.`, with the model's name")
	BasicColon = row(DRF, Release{3, 15},
		"Basic credentials without a colon",
		"have an empty password",
		"`Invalid basic header. Credentials not correctly base64 encoded.`")
	ExpiredText = row(SimpleJWT, Release{5, 5},
		"text of a JWT that is not accepted",
		"`Token is invalid or expired`",
		"`Token is expired` if that is all, otherwise `Token is invalid`")
	TextUserID = row(SimpleJWT, Release{5, 5, 1},
		"the claim `user_id`",
		"a number if the key is one",
		"a text")
	KeyScheme = row(APIKey, Release{3, 0},
		"the scheme of an API key in `Authorization`",
		"`Api-Key `, case-sensitive, anywhere in the header",
		"`Api-Key` in any case, as the first word")
)
