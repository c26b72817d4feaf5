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

// services lists what is simulated: adding a service is one file and one line here.
func services() []service {
	return []service{
		identityService(),
		enterpriseProjectService(),
		secretService(),
		secMasterService(),
		fabricService(),
		lakeFormationService(),
		tokenService(),
	}
}

// route is one operation of a service.
type route struct {
	method string
	// pattern is the path; {name} stands for one segment.
	pattern   string
	operation string
	handle    func(*exchange) (answer, error)
	// shape is how this endpoint says no.
	shape Shape
	// errors, where it is not nil, says no in the place of shape and the codes of IAM: it depends on the status and on
	// switches.
	errors func(s Switches, status int) (Shape, string)
	// session marks what opens a session: it takes callers that are nobody yet, who prove themselves in the body, and
	// changes nothing of the world.
	session bool
	// anyScope allows calls that are scoped to a project.
	anyScope bool

	service  string
	segments []string
}

func (rt *route) write() bool { return rt.method != http.MethodGet && rt.method != http.MethodHead }

// match returns the values of the pattern's names.
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
