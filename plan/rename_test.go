package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TestRenamingTwiceIsTheSameAsOnce: state that was read and renamed is read again in parts, and planned again.
func TestRenamingTwiceIsTheSameAsOnce(t *testing.T) {
	w := tiny.World{
		Boxes: tiny.Boxes("a", tiny.OpenBox("outside:p", "s1/x", "s1/doc-worn", "s2/doc-other")),
		Docs:  map[string]string{"worn": "a", "other": "b"},
	}
	in := w.Input(tiny.Wish{Docs: tiny.WantsDocs("used", "a")}, plan.Ownership{})
	in.Desired[0].Previously = tiny.DocAt("worn")

	once, desired := tiny.Renamed(in.Snapshot, in.Desired)
	require.Equal(t, w.Snapshot().Resources, in.Snapshot.Resources, "the arguments stay as they are")
	require.Equal(t, tiny.DocAt("worn"), tiny.LiveAt(once, "doc/used").Was)
	require.Equal(t, "worn", tiny.LiveAt(once, "doc/used").Attributes[plan.AttributeName].String())
	require.Equal(t, "used", desired[0].Attributes[plan.AttributeName].String())
	item := tiny.LiveAt(once, "item/a/scope:s1/doc-used")
	require.Equal(t, tiny.DocAt("used"), item.Uses[0])
	require.Equal(t, tiny.DocAt("other"), tiny.LiveAt(once, "item/a/scope:s2/doc-other").Uses[0])

	for name, given := range map[string][]plan.Desired{"what was desired": in.Desired, "what was made of it": desired} {
		twice, again := tiny.Renamed(once, given)
		require.Equal(t, once.Resources, twice.Resources, name)
		require.Equal(t, desired, again, name)
	}
}

// TestWhatIsRenamedSinceIsNoDifference: a plan that renames is held against what is live after it.
func TestWhatIsRenamedSinceIsNoDifference(t *testing.T) {
	before := tiny.World{Docs: map[string]string{"worn": "a"}}
	in := before.Input(tiny.Wish{Docs: tiny.WantsDocs("used", "a")}, plan.Ownership{})
	in.Desired[0].Previously = tiny.DocAt("worn")
	_, desired := tiny.Renamed(in.Snapshot, in.Desired)

	after := tiny.World{Docs: map[string]string{"used": "a"}}
	in.Snapshot, in.Desired = tiny.Renamed(after.Snapshot(), desired)
	p, problems := plan.Build(in)
	require.Empty(t, problems)
	require.Empty(t, p.Changes)
	require.Equal(t, plan.RemarkRename, p.Remarks[0].Kind)
}

// TestNoRenameTakesTheAddressOfAnother: two live resources never have one address.
func TestNoRenameTakesTheAddressOfAnother(t *testing.T) {
	w := tiny.World{Docs: map[string]string{"worn": "a", "used": "b"}}
	in := w.Input(tiny.Wish{Docs: tiny.WantsDocs("used", "a")}, plan.Ownership{})
	in.Desired[0].Previously = tiny.DocAt("worn")
	now, _ := plan.Renamed(in.Snapshot, in.Desired, plan.Renames{To: map[addr.Address]addr.Address{tiny.DocAt("worn"): tiny.DocAt("used")}})
	require.Equal(t, in.Snapshot.Resources, now.Resources)
}
