package ledger

import (
	"math"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/ethtool"
)

// allowances are what EC2 lets the network cards of the instance do. No file
// says how much is in use: the driver counts only the packets that were over an
// allowance, and of connections it tells how many more there may be.
//
//	bw_in_allowance_exceeded: 3241329
//	conntrack_allowance_available: 136812
func allowances(b *Bundle) []Entry {
	if b.over("bw_in_allowance_exceeded") == nil && b.over("conntrack_allowance_exceeded") == nil {
		return []Entry{{
			Name: "ena", Group: Network, Title: "EC2: bandwidth, packets and connections", Unit: "packets", Rules: []string{},
			Unknown: "no counters of the ena driver: " + b.absent("networking/ethtool.txt"),
		}}
	}
	var all []Entry
	for _, x := range []struct{ name, title, unit, what string }{
		{"bw_in", "EC2: incoming bandwidth", "bytes a second", "incoming packets wait, and then are dropped"},
		{"bw_out", "EC2: outgoing bandwidth", "bytes a second", "outgoing packets wait, and then are dropped"},
		{"pps", "EC2: packet rate", "packets a second", "packets wait, and then are dropped"},
		{"linklocal", "EC2: packets to DNS, metadata and time service", "packets a second", "packets to them are dropped: lookups take 5 seconds, credentials fail"},
		{"conntrack", "EC2: connections tracked for security groups", "connections", "packets of new connections are dropped, whatever the kernel allows"},
	} {
		e := Entry{
			Name: "ena_" + x.name, Group: Network, Title: x.title, Unit: x.unit,
			Rules: []string{"state.ena." + x.name + "_allowance_exceeded"},
			trips: []Trip{{Share: 100, What: x.what}},
		}
		e.Over = b.over(x.name + "_allowance_exceeded")
		e.Unknown = "the driver does not tell how much is in use"
		if x.name == "conntrack" {
			e.Rules = append(e.Rules, "state.ena.conntrack_allowance_available")
			if dev, c, ok := Available(b); ok && (c.Value > 0 || e.Over != nil && e.Over.Value > 0) {
				e.Left = amount(c.Value, dev, c.Line)
			}
		}
		all = append(all, e.weigh())
	}
	return all
}

// over adds a counter of all cards; nil when none has it.
func (b *Bundle) over(name string) (n *Amount) {
	for _, f := range facts[ethtool.Stats](b) {
		for i := range f.value.Interfaces {
			c, ok := f.value.Interfaces[i].Counter(name)
			if !ok {
				continue
			}
			if n == nil {
				n = amount(0, f.path, c.Line)
				n.Note = "packets over it since the boot"
			}
			if c.Value > 0 && n.Value == 0 {
				n.Line = c.Line
			}
			n.Value += min(c.Value, math.MaxUint64-n.Value)
		}
	}
	return n
}

// Available is how many connections EC2 may still track for the instance, and
// the file that says so. A card without traffic shows an old value, so only the
// busiest one is asked.
func Available(b *Bundle) (file string, left ethtool.Counter, ok bool) {
	var most uint64
	for _, f := range facts[ethtool.Stats](b) {
		for i := range f.value.Interfaces {
			dev := &f.value.Interfaces[i]
			c, has := dev.Counter("conntrack_allowance_available")
			if n := Traffic(dev); has && (!ok || n > most) {
				file, left, ok, most = f.path, c, true, n
			}
		}
	}
	return file, left, ok
}

// Traffic is how many packets a card received and sent.
//
//	queue_0_rx_cnt: 3925390
func Traffic(dev *ethtool.Interface) (n uint64) {
	for _, c := range dev.Counters {
		if what, ok := OfQueue(c.Name); ok && slices.Contains([]string{"rx_cnt", "tx_cnt"}, what) {
			n += c.Value
		}
	}
	return n
}

// OfQueue reads the name of a counter of a queue: "queue_0_rx_cnt" is rx_cnt.
func OfQueue(name string) (what string, ok bool) {
	rest, ok := strings.CutPrefix(name, "queue_")
	num, what, cut := strings.Cut(rest, "_")
	return what, ok && cut && num != "" && strings.Trim(num, "0123456789") == ""
}
