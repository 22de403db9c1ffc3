package ginauth

// lost returns the abilities that a class loses: those of the classes that it
// asks which it lacks itself. A class that asks no other loses none.
func lost(class any) (all []string) {
	if w, ok := class.(Wrapper); ok {
		_, inner := w.Wrapped().(Challenger)
		if _, outer := class.(Challenger); inner && !outer {
			all = append(all, " loses the challenge of "+Name(w.Wrapped())+": give it a method Challenge")
		}
	}
	whole, isPermission := class.(Permission)
	if c, ok := class.(Composite); ok && isPermission {
		for _, part := range c.Parts() {
			for _, a := range abilities {
				if a.part(part) && !a.whole(whole) {
					all = append(all, " loses "+a.name+" of "+Name(part)+": give it a method "+a.method)
				}
			}
		}
	}
	return all
}

// abilities lists what a permission composed of others must implement if a part
// does. Most entries check only for the method, since what it returns is up to
// the permission, such as Not.
var abilities = []struct {
	name, method string
	part, whole  func(p Permission) bool
}{
	{"the rule about objects", "HasObjectPermission", HasObjectRule, HasObjectRule},
	{"the rule about drafts", "DecideDraft", has[DraftDecider], has[DraftDecider]},
	{"the answer to a refusal", "Decide", answers, has[Decider]},
	{"the answer to a refusal of an object", "DecideObject", answersAboutObjects, has[ObjectDecider]},
	{"the token scopes", "TokenScopes", namesScopes, has[TokenScoper]},
	{"the need of a user", "RequiresUser", has[UserRequirer], has[UserRequirer]},
	{"the openness", "OpenTo", has[Opener], has[Opener]},
}

func has[T any](p Permission) bool {
	_, ok := p.(T)
	return ok
}

func namesScopes(p Permission) bool { return len(TokenScopesOf(p)) > 0 }

// answers reports whether a permission, or a part of it, chooses the answer to
// a refusal.
func answers(p Permission) bool {
	for part := range parts([]Permission{p}) {
		hidden, ok := part.(Concealer)
		if ok && hidden.Conceals() || has[Denial](part) {
			return true
		}
	}
	return false
}

func answersAboutObjects(p Permission) bool {
	return HasObjectRule(p) && (has[ObjectDecider](p) || answers(p))
}
