package ginauth

import (
	"errors"
	"net"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// Only this file knows how Gin keeps its chains; TestGinInternals fails when
// Gin changes that.

// guardName is the name of every guard, as Gin's own HandlerNames would print
// it. All guards are values of one method, so they share the name, and no other
// handler has it. A guard itself tells which binding it belongs to.
var guardName string

func init() { guardName = handlerName((*binding)(nil).guard) }

func handlerName(h gin.HandlerFunc) string {
	return runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name()
}

// sameHandler reports whether two handlers are one function with one closure,
// or the same method. The closures of one function, such as those that
// gin.WrapF returns, share a name, but need not do the same.
func sameHandler(g, h gin.HandlerFunc) bool {
	name := handlerName(g)
	if name != handlerName(h) {
		return false
	}
	closure := func(h *gin.HandlerFunc) uintptr { return *(*uintptr)(reflect.ValueOf(h).UnsafePointer()) }
	return closure(&g) == closure(&h) || strings.HasSuffix(name, "-fm")
}

func isGuard(h gin.HandlerFunc) bool { return handlerName(h) == guardName }

// probe asks guards for their bindings, by a context without a request that has
// the probe in place of a writer.
type probe struct {
	gin.ResponseWriter
	context gin.Context
	found   *binding
}

// bindingIn returns the binding of the guard at its position in a chain, or nil
// if there is no guard.
func (p *probe) bindingIn(chain gin.HandlersChain, position int) *binding {
	if position >= len(chain) || !isGuard(chain[position]) {
		return nil
	}
	p.context.Writer = p
	chain[position](&p.context)
	return p.found
}

// registered is one route of an engine with its whole chain.
type registered struct {
	routeID
	chain   gin.HandlersChain
	pattern string   // as an engine takes it, with the colons of static text escaped
	group   *binding // of the guard, without the route's annotation; nil if there is no guard
}

var errGinChanged = errors.New("ginauth: cannot read the routes of this version of Gin; please report it")

// registered walks the engine's trees, since Gin's own Routes names only the
// last handler of a chain. It calls no handler.
func (a *Auth) registered() (routes []registered, err error) {
	defer func() {
		if recover() != nil { // reflect panics on a field that is gone or of another type
			routes, err = nil, errGinChanged
		}
	}()
	known := len(a.engine.Routes())
	routes = make([]registered, 0, known)
	trees := reflect.ValueOf(a.engine).Elem().FieldByName("trees")
	for i := range trees.Len() {
		root := trees.Index(i).FieldByName("root").Elem()
		w := walk{nodeFieldsOf(root.Type()), trees.Index(i).FieldByName("method").String(), routes}
		w.visit("", root)
		routes = w.routes
	}
	if len(routes) != known {
		return nil, errGinChanged
	}
	var p probe
	for i := range routes {
		if b := p.bindingIn(routes[i].chain, a.position); b != nil && b.auth == a {
			routes[i].group = b
		}
	}
	return routes, nil
}

// nodeFields are the numbers of the fields of a node of Gin's trees.
type nodeFields struct{ path, nType, handlers, fullPath, children int }

// nodeFieldsOf panics if Gin's nodes lack one of the fields.
func nodeFieldsOf(node reflect.Type) nodeFields {
	number := func(name string) int {
		field, _ := node.FieldByName(name)
		return field.Index[0]
	}
	return nodeFields{
		number("path"), number("nType"), number("handlers"), number("fullPath"), number("children"),
	}
}

// walk collects the routes of one method.
type walk struct {
	fields nodeFields
	method string
	routes []registered
}

func (w *walk) visit(prefix string, node reflect.Value) {
	pattern := node.Field(w.fields.path).String()
	wildcard := node.Field(w.fields.nType).Uint() >= 2
	if !wildcard && strings.Contains(pattern, ":") {
		pattern = strings.ReplaceAll(strings.ReplaceAll(pattern, `\:`, ":"), ":", `\:`)
	}
	pattern = prefix + pattern
	if handlers := node.Field(w.fields.handlers); handlers.Len() > 0 {
		chain := reflect.NewAt(handlers.Type(), handlers.Addr().UnsafePointer()).Elem().Interface().(gin.HandlersChain)
		id := routeOf(w.method, node.Field(w.fields.fullPath).String())
		w.routes = append(w.routes, registered{routeID: id, chain: chain, pattern: pattern})
	}
	children := node.Field(w.fields.children)
	for i := range children.Len() {
		w.visit(pattern, children.Index(i).Elem())
	}
}

// routing is what an engine finds the routes of requests by, as far as it can
// change: routes are only ever added.
type routing struct {
	routes   uint64
	settings uint64 // a bit for each exported field of an engine that is a bool
}

// routingOf reads the number of routes from the roots of the trees, each of
// which counts those of its method.
func routingOf(engine *gin.Engine) (now routing, err error) {
	defer func() {
		if recover() != nil {
			now, err = routing{}, errGinChanged
		}
	}()
	fields := reflect.ValueOf(engine).Elem()
	trees := fields.FieldByName("trees")
	for i := range trees.Len() {
		now.routes += trees.Index(i).FieldByName("root").Elem().FieldByName("priority").Uint()
	}
	for i, number := range engineSwitches {
		if fields.Field(number).Bool() {
			now.settings |= 1 << i
		}
	}
	return now, nil
}

// engineSwitches are the numbers of the exported fields of an engine that are
// bools.
var engineSwitches = func() (all []int) {
	engine := reflect.TypeFor[gin.Engine]()
	for i := range engine.NumField() {
		if field := engine.Field(i); field.IsExported() && field.Type.Kind() == reflect.Bool {
			all = append(all, i)
		}
	}
	return all
}()

// router returns an engine with the settings of another one, which its exported
// fields are, and no routes.
func router(engine *gin.Engine) *gin.Engine {
	fresh := gin.New()
	from, to := reflect.ValueOf(engine).Elem(), reflect.ValueOf(fresh).Elem()
	for i := range from.NumField() {
		if field := from.Type().Field(i); field.IsExported() && !field.Anonymous {
			to.Field(i).Set(from.Field(i))
		}
	}
	return fresh
}

// setFullPath sets the result of c.FullPath, which only a router sets.
func setFullPath(c *gin.Context, path string) {
	*(*string)(reflect.ValueOf(c).Elem().Field(fullPathField).Addr().UnsafePointer()) = path
}

// noRouteHandlers are the handlers that the application has given to NoRoute,
// as the engine keeps them. For a file that does not exist, Gin's StaticFS
// replaces the request's chain by them, without the engine's middleware, so
// they need a guard of their own. No other code of Gin replaces a chain by one
// without the middleware.
type noRouteHandlers struct {
	field   *gin.HandlersChain // of the engine
	other   *gin.HandlersChain // those given to NoMethod
	guard   gin.HandlerFunc
	once    sync.Once
	mu      sync.Mutex
	guarded atomic.Pointer[gin.HandlerFunc] // the first element of the chain that begins with the guard
}

// noRouteFields returns the fields of an engine that hold the handlers given to
// NoRoute and NoMethod. It panics if Gin keeps them, or the position of a
// request in its chain, in another way.
func noRouteFields(engine *gin.Engine) (noRoute, noMethod *gin.HandlersChain) {
	if indexField < 0 || handlersField < 0 || fullPathField < 0 {
		panic(errGinChanged.Error())
	}
	chain := func(name string) *gin.HandlersChain {
		field := reflect.ValueOf(engine).Elem().FieldByName(name)
		if !field.IsValid() || field.Type() != reflect.TypeFor[gin.HandlersChain]() {
			panic(errGinChanged.Error())
		}
		return (*gin.HandlersChain)(field.Addr().UnsafePointer())
	}
	return chain("noRoute"), chain("noMethod")
}

// servesUnmatched reports whether the application may itself answer requests
// that match no route: with handlers of its own, or with middleware behind the
// guard.
func (a *Auth) servesUnmatched() bool {
	return len(*a.noRoute.field)+len(*a.noRoute.other) > 0 || len(a.engine.Handlers) > a.position+1
}

// seal ensures that the handlers begin with the guard. It is called for each
// request, at the cost of a comparison. The first call writes, and the others
// wait for it. Later calls write only if the application calls NoRoute while it
// serves, which is a race in Gin already.
func (n *noRouteHandlers) seal() {
	n.once.Do(n.prepend)
	if chain := *n.field; len(chain) > 0 && &chain[0] != n.guarded.Load() {
		n.prepend()
	}
}

func (n *noRouteHandlers) prepend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if chain := *n.field; len(chain) > 0 && &chain[0] != n.guarded.Load() {
		chain = append(gin.HandlersChain{n.guard}, chain...)
		n.guarded.Store(&chain[0])
		*n.field = chain
	}
}

// The numbers of the fields of Gin's context that hold its chain, its position
// there, and the path of its route.
var (
	indexField    = contextField[int8]("index")
	handlersField = contextField[gin.HandlersChain]("handlers")
	fullPathField = contextField[string]("fullPath")
)

// contextField returns the number of a field of Gin's context, or -1 if no
// field has that name and type.
func contextField[T any](name string) int {
	field, ok := reflect.TypeFor[gin.Context]().FieldByName(name)
	if !ok || field.Type != reflect.TypeFor[T]() || len(field.Index) != 1 {
		return -1
	}
	return field.Index[0]
}

// heldChain is a chain whose remaining handlers c.Next does not run. Code that
// has the context sees no other difference: the chain is not aborted unless
// that code aborts it, which ends the chain for good.
type heldChain struct {
	c     *gin.Context
	index *int8
	at    int8 // the index at which the chain continues
}

// hold makes a chain appear to be at its last handler.
func hold(c *gin.Context) heldChain {
	fields := reflect.ValueOf(c).Elem()
	index := (*int8)(fields.Field(indexField).Addr().UnsafePointer())
	h := heldChain{c, index, *index}
	*index = int8(fields.Field(handlersField).Len() - 1) //nolint:gosec // Gin's chains are shorter than 63
	return h
}

// release lets the chain continue, or aborts it.
func (h heldChain) release(proceed bool) {
	if proceed && !h.c.IsAborted() {
		*h.index = h.at
		return
	}
	h.c.Abort()
}

// trustedNetworks returns the networks of the proxies that the engine trusts.
// known is false if Gin cannot be read.
func trustedNetworks(engine *gin.Engine) (networks []*net.IPNet, known bool) {
	field := reflect.ValueOf(engine).Elem().FieldByName("trustedCIDRs")
	if !field.IsValid() || field.Type() != reflect.TypeFor[[]*net.IPNet]() {
		return nil, false
	}
	return slices.Clone(*(*[]*net.IPNet)(field.Addr().UnsafePointer())), true
}
