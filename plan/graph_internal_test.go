package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGraphKeepsRepeatsOut for nodes with few edges and for one with many, where another way to look takes over.
func TestGraphKeepsRepeatsOut(t *testing.T) {
	const nodes = 3 * fewEdges
	g := newGraph(nodes)
	for range 2 {
		for other := 1; other < nodes; other++ {
			g.connect(0, other)
			if other > 1 {
				g.connect(other, 1)
			}
		}
	}
	require.Len(t, g.after[0], nodes-1)
	require.True(t, g.has(0, 1))
	require.True(t, g.has(0, nodes-1))
	require.False(t, g.has(0, 0))
	require.Equal(t, []int{1}, g.after[2])
	require.True(t, g.has(2, 1))
	require.False(t, g.has(1, 2))
	levels, cycle := g.levels()
	require.Nil(t, cycle)
	require.Equal(t, []int{2, 0, 1}, levels[:3])

	g.connect(1, 0)
	_, cycle = g.levels()
	require.NotEmpty(t, cycle)
}
