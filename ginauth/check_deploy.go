package ginauth

import (
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// DeployChecker is implemented by a class of any kind that can be configured in
// a way that suits development and not production, such as cookies over plain
// HTTP. CheckDeploy has the contract of [Preflighter]. Each line begins with a
// word and a colon, such as "insecure-cookie: ", by which operators can say
// that they accept it.
type DeployChecker interface {
	CheckDeploy(ctx context.Context) error
}

// CheckDeploy returns what is unfit for production in the settings of Gin, of
// the classes of all routes, and of more (Django: check --deploy):
//
//		auth.CheckDeploy(ctx, users, logins.Of(users))
//
//	  - debug-mode: Gin is in debug mode, in which answers and logs tell more;
//	  - explain-header: [InsecureExplainHeader] is set;
//	  - proxies: clients can choose their address, see [Auth.Check];
//	  - what classes and the others say of themselves, see [DeployChecker];
//	  - what [Auth.AddDeployCheck] has added.
//
// It does not repeat the findings of Check.
func (a *Auth) CheckDeploy(ctx context.Context, more ...DeployChecker) []Finding {
	a.noRoute.seal()
	chains, err := a.registered()
	if err != nil {
		return []Finding{{Message: err.Error()}}
	}
	var all []remark
	if gin.Mode() == gin.DebugMode {
		message := "debug-mode: Gin is in debug mode; set GIN_MODE=release or call gin.SetMode(gin.ReleaseMode)"
		all = append(all, remark{Finding: Finding{Message: message}})
	}
	if message := proxiesOf(a.engine).check(); message != "" {
		all = append(all, remark{Finding: Finding{Message: "proxies: " + message}})
	}
	if a.explainHeader {
		message := "explain-header: outside of Gin's release mode each answer tells what the guard has asked; " +
			"remove InsecureExplainHeader"
		all = append(all, remark{Finding: Finding{Message: message}})
	}
	brief, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	deploy := newSurvey(brief, DeployChecker.CheckDeploy)
	a.eachBinding(chains, func(_, _ string, b *binding) {
		for _, class := range b.classes() {
			for _, problem := range deploy.of(class) {
				word, rest, _ := strings.Cut(problem, ": ")
				finding := Finding{Message: word + ": " + Name(class) + ": " + rest}
				all = append(all, remark{finding, b.source.String(), true})
			}
		}
	})
	for _, added := range a.checks.addedDeploy() {
		for _, problem := range problems(brief, added.check.CheckDeploy(brief)) {
			all = append(all, remark{Finding{Message: problem}, added.source.String(), true})
		}
	}
	for _, checker := range more { // a database that does not answer in time is a finding
		for _, problem := range problems(context.Background(), checker.CheckDeploy(ctx)) {
			all = append(all, remark{Finding: Finding{Message: problem}})
		}
	}
	return findings(all)
}

// AddDeployCheck adds a check to [Auth.CheckDeploy], for packages that mount
// routes whose settings no class of the route has. It panics if the check is
// nil.
func (a *Auth) AddDeployCheck(check DeployChecker) {
	a.mustBeMade()
	if isNothing(check) {
		panic("ginauth: AddDeployCheck was given nil; give it a check")
	}
	a.checks.mu.Lock()
	defer a.checks.mu.Unlock()
	a.checks.deploy = append(a.checks.deploy, deployCheck{check, caller()})
}

type deployCheck struct {
	check  DeployChecker
	source declaration
}

func (e *engineChecks) addedDeploy() []deployCheck {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.deploy)
}
