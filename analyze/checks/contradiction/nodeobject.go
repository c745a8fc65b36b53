package contradiction

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// nodeStatus compares what the control plane says of the node with the kubelet:
// it sets Ready to Unknown when it has heard nothing of the kubelet for 40 seconds.
//
//	{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."}
func nodeStatus(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	note := "no Node object of this node: the output of kubectl get nodes"
	for _, f := range analyze.Facts[kubeobjects.Objects](p) {
		c := p.Node().Object(f.Value)
		if c.Match != side.Same {
			continue
		}
		i := slices.IndexFunc(c.Item.Conditions, func(c kubeobjects.Condition) bool { return c.Type == "Ready" })
		if i < 0 {
			note = f.Path + " does not say whether the node is Ready"
			continue
		}
		ready := c.Item.Conditions[i]
		g := gates.Of(p, gates.Kubelet)
		switch {
		case ready.Status != "Unknown":
			return isClear("Ready is " + ready.Status)
		case p.Clock.Collected.IsZero() || ready.Since.IsZero() || !ready.Since.Before(p.Clock.Collected):
			return noData("it is not known whether Ready was Unknown at the collection")
		case g.State != gates.Alive:
			return isClear("Ready is Unknown, and kubelet is " + string(g.State))
		}
		m := analyze.Match{
			Entity:   c.Item.Name,
			Entities: map[string][]string{"node": {c.Item.Name}},
			Summary:  "the control plane has heard nothing of the node since " + ready.Since.UTC().Format("15:04:05") + ", and kubelet runs",
			At:       []parsers.Pos{{File: f.Path, Line: ready.Line}},
		}
		for _, proof := range g.Which(gates.Up) {
			m.Summary += "; " + proof.Text
			m.At = append(m.At, proof.At)
		}
		return found(m)
	}
	return noData(note)
}

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
