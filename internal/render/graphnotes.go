package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// note adds what a picture does not show: what was not read, what is drawn otherwise than it may be, and what else is live and left as
// it is.
func (p *picture) note(kind Kind, a *Account) {
	notRead, unmanaged, warnings := a.liveNotes(kind)
	var reasons []string
	subjects := map[string][]string{} // by reason
	for _, n := range unusualFirst(notRead) {
		subject := n.Subject
		if len(n.Regions) > 0 {
			subject += " in " + strings.Join(n.Regions, " and ")
		}
		if subjects[n.Reason] == nil {
			reasons = append(reasons, n.Reason)
		}
		subjects[n.Reason] = append(subjects[n.Reason], subject)
	}
	for i, reason := range reasons {
		if i == noteItems {
			p.unread = append(p.unread, "Not read for "+plan.Counted(len(reasons)-i, "other reason")+listedBy(kind))
			break
		}
		p.unread = append(p.unread, "Not read: "+firstOf(subjects[reason], noteItems)+" ("+reason+").")
	}
	var unreadable []string
	for i := range a.Trust.Actors {
		if actor := &a.Trust.Actors[i]; len(actor.Unreadable) > 0 {
			unreadable = append(unreadable, title(actor.Address.String())+" ("+strings.Join(actor.Unreadable, ", ")+")")
		}
	}
	slices.Sort(unreadable)
	addNote(&p.notDrawn, "Could not be read, so that more may be given than is drawn", unreadable)
	addNote(&p.beside, "Unmanaged, and not touched", namesOf(unmanaged, func(at *addr.Address) addr.Address { return *at }))
	if kind == Drift || kind == Audit {
		over := a.expired()
		expired := namesOf(over, func(d *plan.Difference) addr.Address { return d.Address })
		addNote(&p.notDrawn, "Expired, and drawn all the same", expired)
	} else {
		addNote(&p.beside, "Owned and not listed", namesOf(a.Plan.Unexpected, func(u *plan.Unexpected) addr.Address { return u.Address }))
		p.noteChanges(kind, a)
	}
	if len(warnings) > noteWarnings {
		p.beside = append(p.beside, plan.Counted(len(warnings), "warning")+listedBy(kind))
		return
	}
	for _, w := range warnings {
		p.beside = append(p.beside, "Warning: "+w)
	}
}

// What the notes of a picture list before they count: a picture is of the agencies, and the plan has the lists.
const (
	noteItems    = 12
	noteWarnings = 3
)

// addNote adds a note with a list; nothing for an empty one.
func addNote(to *[]string, head string, items []string) {
	switch {
	case len(items) > noteItems:
		*to = append(*to, fmt.Sprintf("%s (%d): %s.", head, len(items), firstOf(items, noteItems)))
	case len(items) > 0:
		*to = append(*to, head+": "+strings.Join(items, ", ")+".")
	}
}

// firstOf joins at most so many texts, and counts the others.
func firstOf(texts []string, most int) string {
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return strings.Join(texts[:most], ", ") + " and " + strconv.Itoa(len(texts)-most) + " more"
}

// listedBy ends a note that counts with the command whose output has the list.
func listedBy(kind Kind) string {
	if kind == Graph {
		kind = Plan
	}
	return ": the text of `" + string(kind) + " --verbose` lists them."
}

// noteChanges adds the changes that the picture does not make, and what became otherwise in a run.
func (p *picture) noteChanges(kind Kind, a *Account) {
	var blocked, manual, open, partly []string
	for i := range a.Plan.Changes {
		switch c := &a.Plan.Changes[i]; c.Action {
		case plan.Blocked:
			blocked = append(blocked, title(c.Address.String()))
		case plan.ByHand:
			manual = append(manual, title(c.Address.String()))
		case plan.Create, plan.Update, plan.Delete:
		}
	}
	left := a.Plan.LeftOut
	if kind == Apply {
		left = a.Apply.LeftOut
		for i := range a.Apply.Results {
			switch r := &a.Apply.Results[i]; {
			case !r.Action.Writes() || r.Outcome == engine.Applied:
			case r.Outcome == engine.Partly || r.Attempts > 0:
				partly = append(partly, title(r.Address.String()))
			default:
				open = append(open, title(r.Address.String()))
			}
		}
		address := func(d *engine.Difference) addr.Address { return d.Address }
		addNote(&p.notDrawn, "Not read back as expected, and perhaps otherwise than drawn", namesOf(a.Apply.Unverified, address))
		addNote(&p.notDrawn, "Changed by somebody else, drawn without that", namesOf(a.Apply.ChangedByOthers, address))
	}
	addNote(&p.notDrawn, "Not done, drawn as before the run", open)
	addNote(&p.notDrawn, "Done in part, or not known to be done, drawn as before the run", partly)
	addNote(&p.notDrawn, "Blocked changes, drawn as it is now", blocked)
	addNote(&p.notDrawn, "Changes for a person to make, drawn as it is now", manual)
	addNote(&p.notDrawn, "Changes left out, drawn as it is now", namesOf(left, func(l *plan.LeftOut) addr.Address { return l.Address }))
}

// liveNotes returns what the result of an account says of live state as a whole.
func (a *Account) liveNotes(kind Kind) (notRead []plan.NotRead, unmanaged []addr.Address, warnings []string) {
	switch kind {
	case Drift:
		return a.Drift.NotRead, a.Drift.Unmanaged, a.Drift.Warnings
	case Audit:
		return a.Audit.NotRead, nil, a.Audit.Warnings
	}
	return a.Plan.NotRead, a.Plan.Unmanaged, a.Plan.Warnings
}

// expired returns the resources whose life is over, of a drift or an audit.
func (a *Account) expired() []plan.Difference {
	if a.Audit != nil {
		return a.Audit.Expired
	}
	return a.Drift.Expired
}

func namesOf[T any](all []T, address func(*T) addr.Address) []string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = title(address(&all[i]).String())
	}
	return names
}

// cutText returns a clean text in at most width columns, with an ellipsis for what is missing.
func cutText(text string, width int) string {
	text = Clean(text)
	if columns(text) <= width {
		return text
	}
	first, _ := splitColumns(text, width-1)
	return strings.TrimRight(first, " ") + "…"
}

// splitColumns parts a clean text after at most width columns, between characters as people see them.
func splitColumns(text string, width int) (first, rest string) {
	rest = text
	used, state := 0, -1
	for rest != "" {
		var after string
		var wide int
		_, after, wide, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += wide; used > width {
			break
		}
		rest = after
	}
	return text[:len(text)-len(rest)], rest
}

// wrapText breaks a text into lines of at most width columns, at blanks where there are some. Of the lines beyond most, the last one
// says how many characters are missing.
func wrapText(text string, width, most int) []string {
	var words []string
	for _, word := range strings.Fields(Clean(text)) {
		for columns(word) > width {
			first, rest := splitColumns(word, width)
			if first == "" { // a character that is wider than the line
				break
			}
			words, word = append(words, first), rest
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil
	}
	lines := Wrap(strings.Join(words, " "), width)
	if len(lines) > most {
		left := uniseg.GraphemeClusterCount(strings.Join(lines[most-1:], " "))
		lines = append(lines[:most-1], "… and "+plan.Counted(left, "more character"))
	}
	return lines
}
