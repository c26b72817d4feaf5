package cloudsim

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	metadataTokenHeader = "X-Metadata-Token"
	metadataTTLHeader   = "X-Metadata-Token-Ttl-Seconds"
	maxMetadataTTL      = 6 * 60 * 60
	// instanceKeyLife is the life of the key of an instance.
	instanceKeyLife = 6 * time.Hour
	// noInstanceAgency is the error text that the vendor's client looks for.
	noInstanceAgency = "Please configure Cloud Service Agency first"
)

// Metadata returns the metadata service of a simulated ECS instance, for tests; it belongs on a listener of its own. The
// instance acts as the agency of the home account with this name, which must trust op_svc_ecs; while there is none, the answer
// is 401. Every read returns a new temporary key, which lives for six hours. Safe for concurrent use.
func Metadata(s *Server, agency string) http.Handler {
	m := &metadata{server: s, agency: agency, sessions: map[string]credential{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /meta-data/latest/api/token", m.openSession)
	mux.HandleFunc("GET /openstack/latest/securitykey", m.securityKey)
	return mux
}

type metadata struct {
	server *Server
	agency string

	mu       sync.Mutex
	sessions map[string]credential
}

func (m *metadata) openSession(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get(metadataTTLHeader))
	if err != nil || seconds < 1 || seconds > maxMetadataTTL {
		http.Error(w, metadataTTLHeader+" is not a number between 1 and 21600", http.StatusBadRequest)
		return
	}
	m.server.mu.Lock()
	token, err := opaque(m.server.options.Random, 32)
	m.server.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	dropOldest(m.sessions, func(t credential) time.Time { return t.expires })
	m.sessions[token] = credential{expires: m.server.options.Clock().Add(time.Duration(seconds) * time.Second)}
	_, _ = w.Write([]byte(token)) // the caller may have disconnected
}

func (m *metadata) open(token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, known := m.sessions[token]
	return known && m.server.options.Clock().Before(t.expires)
}

var errNoInstanceAgency = errors.New("the instance has no agency")

func (m *metadata) securityKey(w http.ResponseWriter, r *http.Request) {
	if !m.open(r.Header.Get(metadataTokenHeader)) {
		http.Error(w, metadataTokenHeader+" is missing or has expired", http.StatusUnauthorized)
		return
	}
	key, err := m.server.instanceKey(m.agency)
	switch {
	case errors.Is(err, errNoInstanceAgency):
		http.Error(w, noInstanceAgency, http.StatusUnauthorized)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(encode(key.json()))
}

// instanceKey returns a new temporary key for an ECS instance.
func (s *Server) instanceKey(agency string) (temporaryKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return temporaryKey{}, err
	}
	now := s.options.Clock()
	home := s.state.accounts[s.state.world.Home]
	g := home.agencyNamed(agency, view{current: true})
	if g == nil || g.Trust.Name != "op_svc_ecs" || g.expired(now) {
		return temporaryKey{}, errNoInstanceAgency
	}
	by := caller{account: g.Trust.ID, id: g.Trust.ID, name: g.Trust.Name}
	who := caller{account: home.ID, id: g.ID, name: g.Name, by: &by, trustee: g.Trust.ID, session: "instance"}
	return s.authenticator.issued.issueKey(s.options.Random, credential{who: who, issued: now, expires: now.Add(instanceKeyLife)})
}
