package ginauth

// lost returns the abilities that a class loses: those of the classes that it
// asks which it lacks itself. A class that asks no other loses none.
func lost(class any) (all []string) {
	if wrapped := traitsOf[AuthenticatorTraits](class).Wraps; wrapped != nil {
		_, inner := wrapped.(Challenger)
		if _, outer := class.(Challenger); inner && !outer {
			all = append(all, " loses the challenge of "+Name(wrapped)+": give it a method Challenge")
		}
	}
	whole, isPermission := class.(Permission)
	if !isPermission {
		return all
	}
	for _, part := range traitsOf[PermissionTraits](whole).Parts() {
		for _, a := range abilities {
			if a.part(part) && !a.whole(whole) {
				all = append(all, " loses "+a.name+" of "+Name(part)+": give it a method "+a.method)
			}
		}
	}
	return all
}

// abilities lists what a permission composed of others must implement if a part
// does. What the parts state about themselves is not among them, since it holds
// for the whole.
var abilities = []struct {
	name, method string
	part, whole  func(p Permission) bool
}{
	{"the rule about objects", "HasObjectPermission", HasObjectRule, HasObjectRule},
	{"the rule about drafts", "Decide", decidesObjects, has[Decider]},
	{"the answer to a refusal", "Decide", answers, has[Decider]},
}

func has[T any](p Permission) bool {
	_, ok := p.(T)
	return ok
}

// decidesObjects reports whether a permission with a rule about objects is a
// [Decider], so that it may have another one about drafts, and may name another
// permission as the one that refused.
func decidesObjects(p Permission) bool { return has[Decider](p) && HasObjectRule(p) }

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
