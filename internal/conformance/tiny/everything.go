package tiny

import "github.com/agencyctl/agencyctl/plan"

// Everything returns a plan input in which every feature of a plan occurs once.
func Everything() plan.Input {
	document, err := plan.DocumentValue([]byte(`{"z": [1], "a": null}`))
	if err != nil {
		panic(err)
	}
	w := World{
		Boxes: Boxes(
			"kept", OpenBox("outside:p", "s1/a"),
			"trusts", OpenBox("outside:p", "s1/a", "s1/b", "s2/c"),
			"extra", OpenBox("outside:p", "s1/a", "s1/c"),
			"retired", OpenBox("outside:p", "s1/doc-old"),
			"glass", OpenBox("outside:p", "s1/a"),
			"swap", OpenBox("outside:p", "s1/doc-x", "s1/doc-y"),
			"ours-old", OpenBox("outside:p"),
			"ours-service", OpenBox("outside:p"),
			"theirs", OpenBox("outside:p", "s1/a")),
		Docs: map[string]string{"old": "a", "x": "a", "y": "b"},
	}
	want := Wish{
		Boxes: Wants(
			"kept", OpenBox("outside:p", "s1/a"),
			"trusts", OpenBox("outside:q", "s1/a", "s1/<d&e>"),
			"extra", WantedBox{Box: Box{Opens: "outside:q", Lasts: "long", Items: Items("s1/a")}, Additive: true},
			"retired", WantedBox{Absent: true},
			"glass", OpenBox("outside:q", "s1/a"),
			"swap", OpenBox("outside:p", "s1/doc-x", "s1/doc-y"),
			"new", DependingOn(OpenBox("outside:p", "s1/doc-new", "s2/ab"), "box/kept"),
			"byhand", OpenBox("outside:p", "s1/a")),
		Docs: WantsDocs("old", "", "x", "b", "y", "a", "new", "c"),
	}
	in := w.Input(want, plan.Ownership{Include: Patterns("box/ours-*"), Prune: true, Protect: Patterns("box/glass")})
	in.Knowledge = Knowledge{ByHand: "box/byhand", Partly: "box/new"}
	in.Snapshot.NotRead = []plan.NotRead{{Subject: "the attic", Reason: "the manifest does not mention it"}}
	in.Snapshot.Warnings = []string{"the clock of the tiny cloud runs late"}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		switch l.Address {
		case BoxAt("ours-service"):
			l.ServiceMade = true
		case BoxAt("kept"):
			l.Unreadable = []string{"lasts"}
		}
	}
	for i := range in.Desired {
		if d := &in.Desired[i]; d.Address == BoxAt("new") {
			d.Notes = &plan.Notes{Owner: "platform", Reason: "nightly copies", Ticket: "OPS-1", ReviewBy: "2027-01-31"}
			d.Attributes["policy"] = document
			d.Attributes["open"] = plan.BoolValue(true)
			d.Attributes["tags"] = plan.SetValue("b", "a")
			d.Bindings = map[string]string{"role": "r1"}
		}
	}
	at := func(line int) plan.Position { return plan.Position{File: "tiny.yaml", Line: line, Column: 3} }
	in.Desired = append(in.Desired,
		plan.Desired{Resource: Box{}.Resource("gone"), Absent: true, Source: at(41)},
		plan.Desired{Resource: Box{}.Resource("new-before"), Absent: true, ReplacedBy: BoxAt("new"), Source: at(42)})
	known := plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"}
	seen := plan.NewView(in.Snapshot, in.Manifest.Ownership, in.Desired).Seen(BoxAt("ours-service"))
	in.Manifest.Acceptances = []plan.Acceptance{
		{Rule: "does-x", Address: Patterns("item/none/**")[0], Accepted: known, At: at(43)},
		{Rule: plan.ClassMissing, Address: Patterns("box/new")[0], Accepted: known, At: at(44)},
		{Rule: plan.ClassUnexpected, Address: Patterns("box/ours-service")[0], Accepted: known, Seen: seen, At: at(45)},
	}
	return in
}
