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

// This file is all that knows how Gin keeps its chains; TestGinInternals fails
// when Gin changes it.

// guardName is the name of every guard, as Gin's own HandlerNames would print
// it. All guards are one method value, so the name is the same for all and for
// nothing else; which binding one belongs to, it tells itself.
var guardName string

func init() { guardName = handlerName((*binding)(nil).guard) }

func handlerName(h gin.HandlerFunc) string {
	return runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name()
}

// sameHandler reports whether two handlers are one function with one closure,
// or the same method. Closures of one function, as gin.WrapF returns them, have
// one name, and need not do the same.
func sameHandler(g, h gin.HandlerFunc) bool {
	name := handlerName(g)
	if name != handlerName(h) {
		return false
	}
	closure := func(h *gin.HandlerFunc) uintptr { return *(*uintptr)(reflect.ValueOf(h).UnsafePointer()) }
	return closure(&g) == closure(&h) || strings.HasSuffix(name, "-fm")
}

func isGuard(h gin.HandlerFunc) bool { return handlerName(h) == guardName }

// bindingIn returns the binding of the guard at its known place in a chain, or
// nil if there is no guard.
func bindingIn(chain gin.HandlersChain, position int) *binding {
	if position >= len(chain) || !isGuard(chain[position]) {
		return nil
	}
	var probe gin.Context
	chain[position](&probe)
	b, _ := probe.Keys[probeKey].(*binding)
	return b
}

// registered is one route of an engine with its whole chain.
type registered struct {
	routeID
	chain gin.HandlersChain
}

var errGinChanged = errors.New("ginauth: cannot read the routes of this version of Gin; please report it")

// registeredRoutes walks the engine's trees. Gin's own Routes names only the
// last handler of a chain. It calls no handler.
func registeredRoutes(engine *gin.Engine) (routes []registered, err error) {
	defer func() {
		if recover() != nil { // reflect panics on a field that is gone or of another type
			routes, err = nil, errGinChanged
		}
	}()
	trees := reflect.ValueOf(engine).Elem().FieldByName("trees")
	for i := range trees.Len() {
		method := trees.Index(i).FieldByName("method").String()
		routes = walk(routes, method, trees.Index(i).FieldByName("root").Elem())
	}
	if len(routes) != len(engine.Routes()) {
		return nil, errGinChanged
	}
	return routes, nil
}

func walk(routes []registered, method string, node reflect.Value) []registered {
	if handlers := node.FieldByName("handlers"); handlers.Len() > 0 {
		chain := reflect.NewAt(handlers.Type(), handlers.Addr().UnsafePointer()).Elem().Interface().(gin.HandlersChain)
		routes = append(routes, registered{routeOf(method, node.FieldByName("fullPath").String()), chain})
	}
	children := node.FieldByName("children")
	for i := range children.Len() {
		routes = walk(routes, method, children.Index(i).Elem())
	}
	return routes
}

// servesUnmatched reports whether the application may answer requests that
// match no route itself: with handlers of its own, or with middleware that
// comes after the guard. If Gin cannot be read it says so too: what is not
// known is guarded.
func servesUnmatched(engine *gin.Engine, position int) bool {
	if len(engine.Handlers) > position+1 {
		return true
	}
	fields := reflect.ValueOf(engine).Elem()
	for _, name := range []string{"noRoute", "noMethod"} {
		handlers := fields.FieldByName(name)
		if !handlers.IsValid() || handlers.Kind() != reflect.Slice || handlers.Len() > 0 {
			return true
		}
	}
	return false
}

// noRouteHandlers are the handlers that the application has given to NoRoute,
// as the engine keeps them. For a file that does not exist Gin's StaticFS puts
// them in place of the request's chain, without the engine's middleware, so a
// guard has to stand among them too. StaticFS is the only code of Gin's that
// replaces a chain by one without the middleware.
type noRouteHandlers struct {
	field   *gin.HandlersChain // of the engine
	guard   gin.HandlerFunc
	once    sync.Once
	mu      sync.Mutex
	guarded atomic.Pointer[gin.HandlerFunc] // the first element of the chain that begins with the guard
}

// noRouteField finds the handlers of an engine. It panics if Gin keeps them, or
// the place of a request in its chain, in another way.
func noRouteField(engine *gin.Engine) *gin.HandlersChain {
	field := reflect.ValueOf(engine).Elem().FieldByName("noRoute")
	if !field.IsValid() || field.Type() != reflect.TypeFor[gin.HandlersChain]() || indexField < 0 || handlersField < 0 {
		panic(errGinChanged.Error())
	}
	return (*gin.HandlersChain)(field.Addr().UnsafePointer())
}

// seal sees to it that the handlers begin with the guard. It is called before
// each request goes on, at the cost of a comparison. The first call writes, and
// the others wait for it; after that only an application that calls NoRoute
// while it serves makes a call write, which is a race in Gin already.
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

// The fields of Gin's context that tell where it is in its chain.
var indexField, handlersField = contextField[int8]("index"), contextField[gin.HandlersChain]("handlers")

// contextField returns the number of a field of Gin's context, or -1 if there
// is none of that name and type.
func contextField[T any](name string) int {
	field, ok := reflect.TypeFor[gin.Context]().FieldByName(name)
	if !ok || field.Type != reflect.TypeFor[T]() || len(field.Index) != 1 {
		return -1
	}
	return field.Index[0]
}

// heldChain is a chain whose remaining handlers c.Next does not run, and where
// it goes on. Nothing else differs for who holds the context: it is not aborted
// until somebody does, which ends the chain for good.
type heldChain struct {
	c     *gin.Context
	index *int8
	at    int8
}

// hold makes a chain appear to be at its last handler.
func hold(c *gin.Context) heldChain {
	fields := reflect.ValueOf(c).Elem()
	index := (*int8)(fields.Field(indexField).Addr().UnsafePointer())
	h := heldChain{c, index, *index}
	*index = int8(fields.Field(handlersField).Len() - 1) //nolint:gosec // Gin has chains of less than 63
	return h
}

// release lets the chain go on, or else aborts it.
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
