package cloudsim

import (
	"net/http"
	"net/url"
	"strings"
)

// service is one simulated cloud service. Its routes must not overlap with those of another service.
type service struct {
	name   string
	routes []route
}

// services returns all simulated services. A new service is one file and one line here.
func services() []service {
	return []service{
		identityService(),
		enterpriseProjectService(),
		secretService(),
		secMasterService(),
		fabricService(),
		lakeFormationService(),
		notificationService(),
		tokenService(),
		traceService(),
	}
}

// handler carries out an operation.
type handler func(*exchange) (answer, error)

// operation is one call of an API.
type operation struct {
	method string
	// pattern is the path; {name} stands for one segment.
	pattern, name string
	handle        handler
}

// route is an operation with the properties that it shares with others.
type route struct {
	operation
	// shape is the form of error bodies.
	shape Shape
	// errors replaces shape and the error codes of IAM where it is not nil. Both depend on the status and on switches.
	errors func(s Switches, status int) (Shape, string)
	// examples are the texts of the page's example errors, by status. examplesCN are those for callers who ask for Chinese.
	examples, examplesCN map[int]string
	// badToken replaces the answer to a token that cannot be read, or has expired.
	badToken func(expired bool) *refusal
	// session marks operations that open a session: they take callers without credentials, who prove themselves in the body,
	// and change nothing of the world.
	session bool
	// anyScope allows calls that are scoped to a project.
	anyScope bool

	service  string
	segments []string
}

// with returns routes for operations that share the properties of rt.
func (rt route) with(operations ...operation) []route {
	routes := make([]route, len(operations))
	for i, o := range operations {
		routes[i] = rt
		routes[i].operation = o
	}
	return routes
}

// example returns the text of the page's example of an error in the language of the request, "" for none.
func (rt *route) example(r *http.Request, status int) string {
	if text := rt.examplesCN[status]; text != "" && strings.EqualFold(r.Header.Get("X-Language"), "zh-cn") {
		return text
	}
	return rt.examples[status]
}

func (rt *route) write() bool { return rt.method != http.MethodGet && rt.method != http.MethodHead }

// match returns the values of the names in the pattern.
func (rt *route) match(method string, segments []string) (map[string]string, bool) {
	if method != rt.method || len(segments) != len(rt.segments) {
		return nil, false
	}
	var params map[string]string
	for i, want := range rt.segments {
		if name, isName := strings.CutPrefix(want, "{"); isName && segments[i] != "" {
			if params == nil {
				params = map[string]string{}
			}
			params[strings.TrimSuffix(name, "}")] = segments[i]
		} else if want != segments[i] {
			return nil, false
		}
	}
	return params, true
}

// router finds the route of a request.
type router []*route

func newRouter(all []service) router {
	var r router
	for _, s := range all {
		for _, rt := range s.routes {
			rt.service, rt.segments = s.name, strings.Split(rt.pattern, "/")
			r = append(r, &rt)
		}
	}
	return r
}

func (r router) find(method string, u *url.URL) (*route, map[string]string) {
	segments := strings.Split(strings.TrimSuffix(u.EscapedPath(), "/"), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = plain
		}
	}
	for _, rt := range r {
		if params, ok := rt.match(method, segments); ok {
			return rt, params
		}
	}
	return nil, nil
}
