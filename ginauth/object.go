package ginauth

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// ObjectLoader finds the object of a request. If it does not exist, it returns
// an [*Error] such as [NotFound]; any other error is a failure: 503, logged.
// Implementations must be safe for concurrent use. They may implement
// [PathParameter] and [ObjectTyper].
type ObjectLoader interface {
	LoadObject(c *gin.Context) (obj any, err error)
}

// PathParameter is implemented by an [ObjectLoader] that reads a path
// parameter, and returns its name. [Auth.Check] finds routes without that
// parameter.
type PathParameter interface {
	PathParameter() string
}

// ObjectTyper is implemented by an [ObjectLoader] whose objects have one type.
// NewObject returns a new object of it. [Auth.Check] finds permissions that
// cannot judge it.
type ObjectTyper interface {
	NewObject() any
}

// objects declares where the objects of a route come from.
type objects struct {
	place  place
	loader ObjectLoader // if loaded
}

type place string

const (
	undeclared place = ""
	loaded     place = "loaded"
	inHandler  place = "in handler"
	none       place = "none"
)

// checked reports whether objects must be checked on a route with these
// permissions.
func (o objects) checked(permissions []Permission) bool {
	switch o.place {
	case loaded:
		return true
	case none:
		return false
	}
	return ruleAboutObjects(permissions) != nil
}

// ruleAboutObjects returns the first permission that has a rule about objects,
// or nil.
func ruleAboutObjects(permissions []Permission) Permission {
	for _, p := range permissions {
		if HasObjectRule(p) {
			return p
		}
	}
	return nil
}

// String returns what the route table shows.
func (o objects) String() string {
	if o.place == loaded {
		return Name(o.loader)
	}
	return string(o.place)
}

// Object declares that a route is about one object, which the loader finds
// after the throttles. The permissions of the route are asked about it before
// the handler runs, which gets it from [ObjectOf]. Object panics if the loader
// is nil, or is a [PathParameter] without a name.
func Object(loader ObjectLoader) Rule {
	if isNothing(loader) {
		panic("ginauth: Object was given nil; " +
			"policies.Load returns a loader, and NoObject declares that there is no object")
	}
	if p, ok := loader.(PathParameter); ok {
		if name := p.PathParameter(); name == "" || strings.ContainsAny(name, ":/*") {
			panic(`ginauth: Object: the PathParameter of ` + Name(loader) + ` is "` + name + `"; ` +
				`it is a name, as "id" for /notes/:id`)
		}
	}
	return rule{object, func(p *policy) { p.objects = objects{loaded, loader} }}
}

// ObjectsInHandler declares that the handler itself applies the permissions of
// the route to the objects in its answer: by [CheckObject] or, for a list, by
// policies.Filter. [Auth.Check] then misses no loader. A handler that forgets
// to apply them is caught; see [RefuseUncheckedObjects].
func ObjectsInHandler() Rule {
	return rule{object, func(p *policy) { p.objects = objects{place: inHandler} }}
}

// NoObject declares that a route is about no object, although its permissions
// have rules about objects. The rules are not asked.
func NoObject() Rule {
	return rule{object, func(p *policy) { p.objects = objects{place: none} }}
}

// objectState is the state of a request on a route with rules about objects.
type objectState struct {
	object  any         // the one that was loaded, or nil
	checked atomic.Bool // atomic since handlers may ask from several goroutines
}

// guardObjects loads and checks the object of a request, or arranges that the
// handlers are watched for doing so.
func (b *binding) guardObjects(c *gin.Context, id *Identity, d *decision) (passage, *Error) {
	state := &objectState{}
	c.Set(objectKey, state)
	if b.policy.objects.loader == nil {
		d.say("object", "", "in the handler")
		return passage{passes: true, binding: b, watched: state}, nil
	}
	obj, e := b.load(c)
	d.add("object", b.policy.objects, e)
	if e == nil {
		e = b.checkObject(Question{Context: c, Identity: id, Object: obj}, d)
	}
	if e != nil {
		return passage{}, e
	}
	state.object = obj
	state.checked.Store(true)
	return passage{passes: true}, nil
}

func (b *binding) load(c *gin.Context) (any, *Error) {
	loader := b.policy.objects.loader
	obj, err := loader.LoadObject(c)
	if err == nil && isNothing(obj) {
		err = errors.New("returned neither an object nor an error")
	}
	if err != nil {
		return nil, failure(loader, err)
	}
	return obj, nil
}

// checkObject asks every permission about an object (DRF:
// APIView.check_object_permissions).
func (b *binding) checkObject(q Question, d *decision) *Error {
	for _, class := range b.policy.permissions {
		refusing, err := q.Ask(class)
		e := b.outcome(class, refusing, err, q.Identity)
		d.add("permission on the object", class, e)
		if e != nil {
			return e
		}
	}
	return nil
}

// ObjectOf returns the object of the request that [Object] has loaded. On a
// route without one, or for another type than the loader's, it aborts the
// chain, logs what to mend, and panics, and the application's recovery answers
// 500. It does not return nil, which a handler could take for "no object".
func ObjectOf[T any](c *gin.Context) *T {
	value, _ := c.Get(objectKey)
	state, _ := value.(*objectState)
	if state == nil || state.object == nil {
		misused(c, fmt.Sprintf("ObjectOf[%v]: the route has loaded no object: "+
			"declare ginauth.Object with a loader", reflect.TypeFor[T]()))
	}
	obj, ok := state.object.(*T)
	if !ok {
		misused(c, fmt.Sprintf("ObjectOf[%v]: the route has loaded a %T: name the type that it points to",
			reflect.TypeFor[T](), state.object))
	}
	return obj
}

// misused ends a request whose handler misuses this package.
func misused(c *gin.Context, message string) {
	c.Abort()
	message = "ginauth: " + message + " (" + c.Request.Method + " " + c.FullPath()
	if b := bindingOf(c); b != nil {
		message += ", declared at " + b.source.String()
		b.auth.events.log.log().ErrorContext(c.Request.Context(), message+")", "request_id", RequestID(c))
	}
	panic(message + ")")
}

// CheckObject asks the permissions of the request's route about a stored
// object (DRF: check_object_permissions), for handlers that load objects
// themselves:
//
//	if err := ginauth.CheckObject(c, &note); err != nil {
//		ginauth.Abort(c, err)
//		return
//	}
//
// The error is an [*Error] for the client. CheckObject does not end the
// request, so that a handler can also ask what a user may do. If a permission
// panics, the chain is aborted. Unlike in the guard, a permission that calls
// c.Next runs the handlers after this one. For an object that is not stored
// yet, call [CheckDraft].
func CheckObject(c *gin.Context, obj any) error { return check(c, obj, "CheckObject", false) }

// CheckDraft is [CheckObject] for an object that the handler is about to
// create. It must not be asked about a stored object: permissions granted on
// single objects do not count for a draft, only those on the model.
func CheckDraft(c *gin.Context, obj any) error { return check(c, obj, "CheckDraft", true) }

func check(c *gin.Context, obj any, name string, draft bool) error {
	b := bindingOf(c)
	if b == nil {
		return ServerError(errors.New("ginauth: " + name + " was called on a route without a guard"))
	}
	if isNothing(obj) {
		return ServerError(fmt.Errorf("ginauth: %s was given nil on %s", name, c.FullPath()))
	}
	decided := false
	defer func() {
		if !decided { // a panic: no handler may continue without the answer
			c.Abort()
		}
	}()
	id, _ := c.Get(identityKey)
	e := b.checkObject(Question{c, id.(*Identity), obj, draft}, nil)
	decided = true
	MarkObjectsChecked(c)
	if e != nil {
		return e
	}
	return nil
}

// isNothing reports whether an object or a class is nil, or a nil pointer,
// whose methods would panic.
func isNothing(obj any) bool {
	v := reflect.ValueOf(obj)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}
