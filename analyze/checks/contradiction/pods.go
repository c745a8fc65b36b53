package contradiction

import (
	"context"
	"fmt"
	"strconv"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// maxPods compares what kubelet is set to with what it told the API server,
// which kubectl get nodes shows.
//
//	"capacity": {"cpu": "2", "memory": "3943372Ki", "pods": "29"}
func maxPods(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	note := "no Node object of this node: the output of kubectl get nodes"
	for _, f := range analyze.Facts[kubeobjects.Objects](p) {
		c := p.Node().Object(f.Value)
		if c.Match != side.Same {
			continue
		}
		told, ok := capacity(c.Item, "pods")
		set := ledger.MaxPods(p.Ledger())
		switch {
		case !ok:
			note = f.Path + " does not say how many pods the node takes"
		case set == nil:
			note = "neither the configuration of kubelet nor a flag has a number of pods"
		case told == set.Value:
			return isClear(fmt.Sprintf("both are %d", told))
		default:
			return found(analyze.Match{
				Entity:   c.Item.Name,
				Entities: map[string][]string{"node": {c.Item.Name}},
				Summary:  fmt.Sprintf("kubelet is set to %d pods, and the Node object says %d", set.Value, told),
				At:       []parsers.Pos{set.Pos(), {File: f.Path, Line: c.Item.Line}},
			})
		}
	}
	return noData(note)
}

// capacity is an amount of a resource that is a whole number.
func capacity(n *kubeobjects.Node, resource string) (uint64, bool) {
	for _, q := range n.Capacity {
		if q.Resource == resource {
			v, err := strconv.ParseUint(q.Amount, 10, 32)
			return v, err == nil
		}
	}
	return 0, false
}
