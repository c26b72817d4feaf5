package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

// isNothing reports whether an entry has neither a text nor a comment.
func isNothing(e schema.FileEntry) bool { return e.Node == nil && len(e.Comments) == 0 }

// judge writes comments: at each entry, what should be looked at and what a plan still shows, and at the head what there is.
func (x *exporter) judge(read *readManifest) {
	p, problems := plan.Build(read.in)
	for _, problem := range plan.Fatal(problems) {
		x.remark(problem.At.Line, "a plan is refused: "+problem.Detail)
	}
	if p == nil {
		return
	}
	at := make(map[addr.Address]int, len(read.in.Snapshot.Resources))
	x.at = at
	for i := range read.given {
		at[read.given[i].Address] = read.given[i].Source.Line
	}
	for i := range read.in.Snapshot.Resources {
		if l := &read.in.Snapshot.Resources[i]; at[l.Address] == 0 {
			at[l.Address] = at[l.Root()]
		}
	}
	for _, w := range read.warnings {
		x.remark(w.At.Line, "warning: "+w.Summary+": "+w.Detail)
	}
	for _, f := range plan.AtLeast(p.Findings, plan.High) {
		x.remark(at[f.Address], fmt.Sprintf("%s: %s (%s)", f.Severity, f.Message, f.Rule))
	}
	drift := plan.DriftOf(p, read.in, problems)
	for _, d := range drift.Expired {
		x.remark(at[d.Address], d.Reason+": only apply --renew gives it a new end")
	}
	for _, d := range drift.Changed {
		x.remark(at[d.Address], differenceText("changed", d))
	}
	for _, d := range drift.Missing {
		x.remark(at[d.Address], differenceText("missing", d))
	}
	for _, d := range drift.Unexpected {
		if who := x.suspect[d.Address]; who != "" {
			x.remark(0, fmt.Sprintf("high: %s is %s, and trusts %s: look at it; drift tells it as unexpected", d.Address, madeByService, who))
		} else if !x.unsaid[d.Address] {
			x.remark(at[d.Address], d.Address.String()+cannotBeWritten+soUnexpected)
		}
	}
	for i := range read.in.Snapshot.Resources {
		l := &read.in.Snapshot.Resources[i]
		for _, lost := range plan.LostReferences(l, read.in.Snapshot.Catalogue) {
			if at[l.Address] > 0 {
				x.remark(at[l.Address], fmt.Sprintf("the account has no %s of the id in %s any more", lost.Kind, l.Address))
			}
		}
	}
	x.head(read)
}

// dropWrites takes entries out of which a plan would write something: an export asks for what is there, and for nothing else. What puts a
// trust right stays.
func (x *exporter) dropWrites(read *readManifest) {
	p, _ := plan.Build(read.in)
	if p == nil {
		return
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		more := slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool { return a.Name != "trust" })
		onlyTrust := c.Before != nil && c.After != nil && !more
		if e, _ := x.entryAt(c.Source.Line); c.Action.Writes() && !onlyTrust && e != nil && e.Node != nil {
			e.Node = nil
			e.Comments = append(e.Comments, fmt.Sprintf("%s is left out: it is not there in whole, and a plan would make it", c.Address))
		}
	}
}

func differenceText(word string, d plan.Difference) string {
	text := fmt.Sprintf("drift tells it as %s: %s", word, d.Address)
	var names []string
	for _, a := range d.Attributes {
		names = append(names, a.Name)
	}
	if len(names) > 0 && word == "changed" {
		text += " (" + strings.Join(names, ", ") + ")"
	}
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	return text
}

// remark adds a comment to the entry at a line, or to the head where there is none.
func (x *exporter) remark(line int, text string) {
	comments := &x.file.Comments
	if e, _ := x.entryAt(line); line > 0 && e != nil {
		comments = &e.Comments
	}
	if !slices.Contains(*comments, text) {
		*comments = append(*comments, text)
	}
}

// head says first what the file is, what was not read, and what the reading warns of.
func (x *exporter) head(read *readManifest) {
	var counts []string
	for i := range x.file.Sections {
		if s := &x.file.Sections[i]; s.Written() > 0 {
			counts = append(counts, fmt.Sprintf("%s %d", s.Name, s.Written()))
		}
	}
	what := cmp.Or(strings.Join(counts, ", "), "nothing of what is asked for")
	head := []string{"What is live in " + x.snapshot.Account.String() + ": " + what + "."}
	for _, n := range x.snapshot.NotRead {
		if !n.Usual {
			text := "Not read: " + n.Subject + ": " + n.Reason
			switch {
			case slices.Contains(x.file.NotRead, n.Subject):
				text += "; an entry needs a name, so cloud.notRead names it"
			case x.hinders(n):
				text += "; ownership.include may cover it, and cloud.notRead cannot name it: no plan is made of this manifest until it is repaired"
			}
			head = append(head, text)
		}
	}
	for _, w := range x.snapshot.Warnings {
		head = append(head, "warning: "+w)
	}
	x.file.Comments = append(head, x.file.Comments...)
}

// Summary tells in one line what a file holds, and how many of its comments ask for a look.
func Summary(file *schema.File) string {
	var counts []string
	comments := len(file.Comments) - 1
	for _, s := range file.Sections {
		for _, e := range s.Entries {
			comments += len(e.Comments)
		}
		counts = append(counts, fmt.Sprintf("%s: %d", s.Name, s.Written()))
	}
	text := "exported " + strings.Join(counts, ", ")
	if len(counts) == 0 {
		text = "exported nothing: the account has nothing of what is asked for"
	}
	if comments > 0 {
		text += fmt.Sprintf("; comments that ask for a look: %d", comments)
	}
	return text
}
