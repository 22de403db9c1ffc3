package djangoschema

// The tables that statements of other packages name.
const (
	EpochTable        = "ginauth_epoch"
	FamilyTable       = "ginauth_token_family"
	RefreshTokenTable = "ginauth_refresh_token"
	LoginFailureTable = "ginauth_login_failure"
	LeaseTable        = "ginauth_lease"
	AuditTable        = "ginauth_audit"
	SessionUseTable   = "ginauth_session"
	ServiceTable      = "ginauth_service"
	AccessTokenTable  = "ginauth_access_token"
	OutstandingTable  = "token_blacklist_outstandingtoken"
	BlacklistedTable  = "token_blacklist_blacklistedtoken"
	SessionTable      = "django_session"
	APIKeyTable       = "rest_framework_api_key_apikey"
	APIKeyLimitTable  = "ginauth_api_key"             // scopes and quotas
	OAuth2TokenTable  = "oauth2_provider_accesstoken" // never made by Migrate
)

// The lengths of columns, in characters.
const (
	TokenKeyLength     = 40 // of DRF's token
	MaxSessionKey      = 40
	MaxAPIKeyName      = 50
	APIKeyPrefixLength = 8
	APIKeyIDLength     = 150
	MaxTokenID         = 255 // the jti of a JSON web token
	MaxFamilyID        = 64
	MaxTokenName       = 100 // of an access token or a service
	TokenIDLength      = 12  // of an access token
	MaxObjectPK        = 255 // guardian's
	MaxLease           = 64  // the name of a lease or its holder
	MaxAuditID         = 36  // a UUID
	MaxSessionID       = 32  // of a session, as its user sees it
	MaxDevice          = 200 // of a user agent
)
