package cloudsim

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxAgencyName     = 64
	maxDescription    = 255
	maxAgencyPage     = 500
	maxDurationDays   = 36500
	hoursPerDay       = 24
	agencyTimeFormat  = "2006-01-02T15:04:05.000000"
	refusedCharacters = "@#$%^&*<>\\"
)

func listAgencies(x *exchange) (answer, error) {
	if domain := x.query.Get("domain_id"); domain != "" {
		if err := x.ownDomain(domain); err != nil {
			return answer{}, err
		}
	}
	var wanted page
	if x.huawei() {
		var err error
		if wanted, err = x.paging(maxAgencyPage); err != nil {
			return answer{}, err
		}
	}
	if x.switches.IgnoreAgencyPaging {
		wanted = page{}
	}
	name, trust := x.query.Get("name"), x.query.Get("trust_domain_id")
	found := []*Agency{}
	x.account.agencies.each("", x.view, func(_ string, g *Agency) {
		if (name == "" || g.Name == name) && (trust == "" || g.Trust.ID == trust) {
			found = append(found, g)
		}
	})
	out := []object{}
	for _, g := range pageOf(found, wanted) {
		out = append(out, x.readAgency(g))
	}
	return answer{http.StatusOK, map[string]any{"agencies": out}}, nil
}

func showAgency(x *exchange) (answer, error) {
	g, err := x.agency(x.params["agency_id"], x.view)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, map[string]any{"agency": x.readAgency(g)}}, nil
}

func (x *exchange) agency(id string, v view) (*Agency, error) {
	if g := x.account.agencies.get(id, v); g != nil {
		return g, nil
	}
	return nil, x.fail(http.StatusNotFound, "Could not find agency: %s", id)
}

func createAgency(x *exchange) (answer, error) {
	in, err := x.envelope("agency")
	if err != nil {
		return answer{}, err
	}
	name, err := x.agencyName(in)
	if err != nil {
		return answer{}, err
	}
	domain, present, err := x.text(in, "domain_id")
	if err != nil {
		return answer{}, err
	}
	if !present || domain == "" {
		return answer{}, x.fail(http.StatusBadRequest, "'domain_id' is a required property")
	}
	if err := x.ownDomain(domain); err != nil {
		return answer{}, err
	}
	g := Agency{Name: name, Created: x.now}
	if _, err := x.fillAgency(&g, in, true); err != nil {
		return answer{}, err
	}
	if x.account.agencyNamed(name, view{current: true}) != nil {
		shape := ShapeAExtended
		if x.switches.ConflictShapeB {
			shape = ShapeB
		}
		return answer{}, &refusal{
			shape: shape, status: http.StatusConflict, message: "Conflict occurred attempting to store agency - Duplicate entry: " + name,
		}
	}
	if err := x.roomFor("agency"); err != nil {
		return answer{}, err
	}
	if g.ID, err = x.newID(); err != nil {
		return answer{}, err
	}
	x.setAgency(g.ID, &g)
	return answer{http.StatusCreated, map[string]any{"agency": x.writtenAgency(&g)}}, nil
}

func updateAgency(x *exchange) (answer, error) {
	old, err := x.agency(x.params["agency_id"], x.view)
	if err != nil {
		return answer{}, err
	}
	in, err := x.envelope("agency")
	if err != nil {
		return answer{}, err
	}
	g := *old
	known, err := x.fillAgency(&g, in, false)
	if err != nil {
		return answer{}, err
	}
	if !known && !x.switches.AcceptEmptyUpdate {
		return answer{}, x.fail(http.StatusBadRequest,
			"at least one of trust_domain_id, trust_domain_name, description and duration is needed")
	}
	x.setAgency(g.ID, &g)
	return answer{http.StatusOK, map[string]any{"agency": x.writtenAgency(&g)}}, nil
}

func deleteAgency(x *exchange) (answer, error) {
	g, err := x.agency(x.params["agency_id"], x.view)
	if err != nil {
		return answer{}, err
	}
	x.removeAgency(g)
	return answer{status: http.StatusNoContent}, nil
}

// agencyName reads a name. Its characters are not documented, so all that can be printed are allowed.
func (x *exchange) agencyName(in object) (string, error) {
	name, present, err := x.text(in, "name")
	switch {
	case err != nil:
		return "", err
	case !present || name == "":
		return "", x.fail(http.StatusBadRequest, "'name' is a required property")
	case utf8.RuneCountInString(name) > maxAgencyName:
		return "", x.fail(http.StatusBadRequest, "'name' is longer than %d characters", maxAgencyName)
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "", x.fail(http.StatusBadRequest, "'name' holds characters that cannot be printed")
	}
	return name, nil
}

// fillAgency sets the attributes that create and update share, and reports whether any of them was sent.
func (x *exchange) fillAgency(g *Agency, in object, create bool) (known bool, err error) {
	trusted, err := x.fillTrust(g, in, create)
	if err != nil {
		return false, err
	}
	_, described := in["description"]
	if described {
		if g.Description, err = x.description(in); err != nil {
			return false, err
		}
	}
	raw, timed := in["duration"]
	if timed {
		hours, err := x.duration(raw)
		if err != nil {
			return false, err
		}
		g.Hours, g.Expires = hours, nil
		start := x.now
		if x.switches.KeepExpiry {
			start = g.Created
		}
		if hours > 0 {
			end := start.Add(time.Duration(hours) * time.Hour)
			g.Expires = &end
		}
	}
	return trusted || described || timed, nil
}

func (x *exchange) fillTrust(g *Agency, in object, create bool) (sent bool, err error) {
	name, _, err := x.text(in, "trust_domain_name")
	if err != nil {
		return false, err
	}
	id, _, err := x.text(in, "trust_domain_id")
	if err != nil {
		return false, err
	}
	if name == "" && id == "" {
		if create {
			return false, x.fail(http.StatusBadRequest, "one of 'trust_domain_id' and 'trust_domain_name' is a required property")
		}
		return false, nil
	}
	if !x.huawei() && x.switches.RequireBothTrustFields && (name == "" || id == "") {
		return false, x.fail(http.StatusBadRequest, "'trust_domain_id' and 'trust_domain_name' must be sent together")
	}
	// The name wins when both are sent.
	party, found := x.state.party(func(p Party) bool {
		if name != "" {
			return p.Name == name
		}
		return p.ID == id
	})
	switch {
	case found:
		g.Trust = party
		return true, nil
	case create && name != "":
		return false, x.fail(http.StatusNotFound, "Could not find domain: %s", name)
	case create:
		return false, x.fail(http.StatusNotFound, "Could not find domain: %s", id)
	}
	return false, x.fail(http.StatusNotFound, "TrustDomainNotFound")
}

func (x *exchange) description(in object) (string, error) {
	text, _, err := x.text(in, "description")
	switch {
	case err != nil:
		return "", err
	case utf8.RuneCountInString(text) > maxDescription:
		return "", x.fail(http.StatusBadRequest, "'description' is longer than %d characters", maxDescription)
	case x.switches.RefuseDescriptionCharacters && strings.ContainsAny(text, refusedCharacters):
		return "", x.fail(http.StatusBadRequest, "'description' must not hold any of %s", refusedCharacters)
	}
	return text, nil
}

// duration reads the days of a request and returns hours; 0 means for ever.
func (x *exchange) duration(raw json.RawMessage) (int, error) {
	text := strings.Trim(string(raw), `"`)
	switch text {
	case "FOREVER", "null":
		return 0, nil
	case "ONEDAY":
		return hoursPerDay, nil
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > maxDurationDays {
		return 0, x.fail(http.StatusBadRequest, "'duration' is neither FOREVER, ONEDAY nor a number of days")
	}
	return days * hoursPerDay, nil
}

// readAgency returns an agency as in list and show: with FOREVER for a life without end, and the name of the trusted account.
func (x *exchange) readAgency(g *Agency) object {
	var duration any = "FOREVER"
	switch {
	case g.Hours > 0:
		duration = x.hours(g)
	case x.switches.ForeverAsNull:
		duration = nil
	}
	out := x.agencyObject(g, duration)
	out["trust_domain_name"] = encode(g.Trust.Name)
	if x.switches.AgencyURN && x.huawei() {
		out["agency_urn"] = encode("iam::" + x.account.ID + ":agency:" + g.Name)
	}
	return out
}

// writtenAgency returns an agency as in answers of create and update: with null for a life without end, and without the name of
// the trusted account.
func (x *exchange) writtenAgency(g *Agency) object {
	var duration any
	if g.Hours > 0 {
		duration = x.hours(g)
	}
	out := x.agencyObject(g, duration)
	if x.switches.TrustNameInAnswers {
		out["trust_domain_name"] = encode(g.Trust.Name)
	}
	return out
}

// hours returns the life of an agency as its answers show it.
func (x *exchange) hours(g *Agency) any {
	hours := g.Hours
	if x.switches.DurationCountsDown && g.Expires != nil {
		hours = max(0, int(math.Ceil(g.Expires.Sub(x.now).Hours())))
	}
	switch {
	case hours == hoursPerDay && x.switches.OneDayText:
		return "ONEDAY"
	case x.switches.DurationNumber:
		return hours
	}
	return strconv.Itoa(hours)
}

func (x *exchange) agencyObject(g *Agency, duration any) object {
	out := object{
		"id":              encode(g.ID),
		"name":            encode(g.Name),
		"domain_id":       encode(x.account.ID),
		"trust_domain_id": encode(g.Trust.ID),
		"description":     encode(g.Description),
		"duration":        encode(duration),
		"create_time":     encode(x.time(g.Created)),
	}
	if g.Description == "" && x.switches.NullDescription {
		out["description"] = encode(nil)
	}
	if g.Expires != nil {
		out["expire_time"] = encode(x.time(*g.Expires))
	} else if !x.switches.OmitNullExpireTime {
		out["expire_time"] = encode(nil)
	}
	return out
}

func (x *exchange) time(t time.Time) string {
	text := t.UTC().Format(agencyTimeFormat)
	if x.switches.TimesWithZone {
		text += "Z"
	}
	return text
}
