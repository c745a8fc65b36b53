package ledger

import (
	"fmt"

	tracked "github.com/eksleuth/eksleuth/parsers/conntrack"
)

// conntrack is the table of connections that the kernel tracks.
func conntrack(b *Bundle) []Entry { return []Entry{Conntrack(b)} }

// Conntrack compares the tracked connections with what the table takes. A table
// without a limit has no share.
//
//	net.netfilter.nf_conntrack_count = 100
//	net.netfilter.nf_conntrack_max = 131072
func Conntrack(b *Bundle) Entry {
	e := Entry{
		Name: "conntrack", Group: Network, Title: "tracked connections", Unit: "connections",
		Rules: []string{"state.conntrack.table_near_full", "net.conntrack.table_full"},
		trips: []Trip{
			{Share: 95, What: "the kernel ends connections early that are about to close"},
			{Share: 100, What: "packets of new connections are dropped"},
		},
	}
	limit, note := b.param("net.netfilter.nf_conntrack_max", "net.nf_conntrack_max")
	if limit == nil {
		e.Unknown = note
	}
	counter, unread := b.param("net.netfilter.nf_conntrack_count")
	flows, unlisted := b.flows()
	e.Allowed, e.Used = limit, counter
	if flows != nil && (counter == nil || flows.Value > counter.Value) {
		e.Used = flows // the listing is made after the counter was read
	}
	switch {
	case limit == nil:
	case limit.Value == 0:
		e.Unknown = "nf_conntrack_max is 0: the table has no limit"
	case counter == nil && unlisted != "":
		e.Unknown = because(unread, unlisted)
	}
	return e.weigh()
}

// flows counts the listed flows. Without the counter, unlisted says why there
// may be more of them.
func (b *Bundle) flows() (n *Amount, unlisted string) {
	all := Flows(b)
	if len(all) == 0 {
		return nil, b.noFlows()
	}
	for _, t := range all {
		if n == nil {
			n = amount(0, t.Path, t.ListLine)
		}
		n.Value += uint64(t.Total)
		if why := b.cut(t.Path); unlisted == "" && why != "" {
			unlisted = why
		} else if unlisted == "" && t.Cut {
			unlisted = t.Path + " has more destinations than are counted"
		}
	}
	return n, unlisted
}

func (b *Bundle) noFlows() string {
	for _, f := range facts[tracked.Table](b) {
		if f.value.ListLine > 0 {
			return fmt.Sprintf("conntrack -L left no flow in %s", f.path)
		}
	}
	return b.absent("networking/conntrack.txt")
}

// A FlowTable is a file with the flows of conntrack -L.
type FlowTable struct {
	Path string
	*tracked.Table
}

// Flows are the files with flows, each flow in one of them. Version 1.4.7 lists
// IPv6 with IPv4, and conntrack6.txt says the same flows again.
func Flows(b *Bundle) []FlowTable {
	var all []FlowTable
	both := false
	for _, f := range facts[tracked.Table](b) {
		if f.value.Total > 0 {
			all = append(all, FlowTable{f.path, f.value})
			both = both || f.value.V6 > 0 && f.value.V6 < f.value.Total
		}
	}
	if !both {
		return all
	}
	var out []FlowTable
	for _, t := range all {
		if t.V6 < t.Total {
			out = append(out, t)
		}
	}
	return out
}

// Unlisted says why not all flows are known; "" when they are. A node that has
// none is not known from one whose conntrack -L failed.
func Unlisted(b *Bundle) string {
	_, why := b.flows()
	return why
}
