package commands

import "github.com/alecthomas/kong"

// grammar is the command line as kong reads it. Each command is a struct whose
// method Run declares what it needs as parameters, for kong to provide: a
// database that no parameter asks for is not opened.
type grammar struct {
	Migrate migrate      `cmd:"" help:"Create the tables, or bring them up to date."`
	Prune   pruneCommand `cmd:"" help:"Delete what has expired: sessions, JSON web tokens, access tokens, failed logins. For cron, once a day."`
	User    struct {
		Create      createUser     `cmd:"" help:"Create a user. ${password}"`
		List        listUsers      `cmd:"" help:"List all users."`
		Show        showUser       `cmd:"" help:"Print a user with groups and permissions."`
		SetPassword setPassword    `cmd:"" help:"Give a user a new password. ${password}"`
		Activate    activateUser   `cmd:"" help:"Accept a user's credentials again."`
		Deactivate  deactivateUser `cmd:"" help:"Refuse a user's credentials, from the next request on."`
		RevokeAll   revokeAll      `cmd:"" help:"End all of a user's sessions, access tokens and JSON web tokens: log out everywhere."`
		Delete      deleteUser     `cmd:"" help:"Delete a user, unless rows of the application refer to it."`
	} `cmd:"" help:"Manage users."`
	Group struct {
		List    listGroups      `cmd:"" help:"List all groups with their permissions."`
		Members groupMembers    `cmd:"" help:"List the users in a group."`
		Create  createGroup     `cmd:"" help:"Create a group."`
		Add     addMembers      `cmd:"" help:"Add users to a group, from their next request on."`
		Remove  removeMembers   `cmd:"" help:"Remove users from a group, from their next request on."`
		Grant   grantToGroup    `cmd:"" help:"Give a group permissions."`
		Revoke  revokeFromGroup `cmd:"" help:"Take permissions from a group."`
		Delete  deleteGroup     `cmd:"" help:"Delete a group with its memberships and permissions."`
	} `cmd:"" help:"Manage groups."`
	Perm struct {
		List   listPerms      `cmd:"" help:"List all permissions."`
		Grant  grantToUser    `cmd:"" help:"Give a user permissions."`
		Revoke revokeFromUser `cmd:"" help:"Take permissions from a user, but not those of the user's groups."`
	} `cmd:"" help:"List permissions, and give them to users."`
	Token struct {
		Create createToken `cmd:"" help:"Print a user's token, which is created if necessary (Django: drf_create_token)."`
		Revoke revokeToken `cmd:"" help:"Delete a user's token."`

		Import importTokens `cmd:"" help:"Turn DRF's or knox's tokens into access tokens. They keep working."`
	} `cmd:"" help:"Manage DRF's tokens."`
	AccessToken struct {
		Create    createAccessToken     `cmd:"" help:"Create an access token and print it, once."`
		List      listAccessTokens      `cmd:"" help:"List the access tokens of a user or a service, without their secrets."`
		Rotate    rotateAccessToken     `cmd:"" help:"Give an access token a new secret, and print it, once."`
		Revoke    revokeAccessToken     `cmd:"" help:"Revoke an access token permanently, from the next request on."`
		RevokeAll revokeAllAccessTokens `cmd:"" help:"Revoke all access tokens of a user or a service."`
	} `cmd:"" name:"accesstoken" help:"Manage access tokens."`
	Service struct {
		Create     createService     `cmd:"" help:"Create a service, which can have access tokens."`
		List       listServices      `cmd:"" help:"List all services."`
		Activate   activateService   `cmd:"" help:"Accept a service's access tokens again."`
		Deactivate deactivateService `cmd:"" help:"Refuse a service's access tokens, from the next request on."`
	} `cmd:"" help:"Manage services."`
	APIKey struct {
		Create createAPIKey `cmd:"" help:"Create an API key and print it, once."`
		List   listAPIKeys  `cmd:"" help:"List all API keys, without their secrets."`
		Revoke revokeAPIKey `cmd:"" help:"Revoke an API key permanently, from the next request on."`

		Quota  setAPIKeyQuota  `cmd:"" help:"Give an API key a new quota, which is full."`
		Scopes setAPIKeyScopes `cmd:"" help:"Give an API key scopes in place of those that it has."`
	} `cmd:"" name:"apikey" help:"Manage API keys."`
	LoginFailures struct {
		Show  showFailures  `cmd:"" help:"Print the failed logins counted for one account."`
		List  listFailures  `cmd:"" help:"Print all failed logins that are counted, by account."`
		Reset resetFailures `cmd:"" help:"Forget the failed logins of an account or a network, or all; clients no longer wait for them."`
	} `cmd:"" help:"Show and reset the counters of failed logins."`
	Audit struct {
		List listAudit `cmd:"" help:"List what the audit trail says: logins, and what happened to credentials, the oldest first."`
	} `cmd:"" help:"Read the audit trail of an application that has one."`
	Completion completion       `cmd:"" help:"Print a script that completes commands and flags in a shell: source <(PROGRAM completion bash)."`
	Complete   complete         `cmd:"" hidden:"" help:"Print what may follow words of a command line."`
	Version    kong.VersionFlag `help:"Print the version, and exit."`
	kong.Plugins
}

type (
	serveCommand struct {
		Serve serve `cmd:"" default:"1" help:"Serve requests. This is the default command."`
	}
	routeCommands struct {
		Routes printRoutes `cmd:"" help:"Print every route with the policy that guards it."`
		Check  checkRoutes `cmd:"" help:"Print what is wrong with the routes' policies; fail if anything is."`

		Explain explainRequest `cmd:"" help:"Print how the guard would decide a request, and why. No handler runs, and nothing is counted."`
	}
	databaseFlag struct {
		Database string `env:"DATABASE_URL" placeholder:"URL" help:"The database: a postgres:// URL, or the path of a SQLite file."`
	}
)

// passwordFlags are the flags of the commands that set a password.
type passwordFlags struct {
	InsecureSkipValidation bool `help:"Accept a password that the password validators refuse."`
}

const passwordHelp = "The password is read from the terminal, else from the first line of the standard input."

// plugins returns the parts of the grammar that not every program has.
func plugins(app App, db *connection) (parts kong.Plugins) {
	if app.Serve != nil {
		parts = append(parts, &serveCommand{})
	}
	if app.Routes != nil {
		parts = append(parts, &routeCommands{})
	}
	if app.DatabaseFromURL != nil {
		parts = append(parts, &db.flag)
	}
	return parts
}
