// Package enis reads the addresses that ipamd of the VPC CNI has on a node: its
// answer to /v1/enis.
//
// All generations of the answer become the same [Pool], so that a check asks
// one question of any of them.
package enis

import (
	"bytes"
	"errors"
	"net/netip"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the answer of ipamd.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Network interfaces and addresses of a node, as ipamd has them.",
	Files:  []string{"ipamd/enis.json", "ipamd/enis.txt"}, // .txt until version 0.6.1 of eks-log-collector
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "enis"

// A Pool is a file.
type Pool struct {
	Cards []Card

	// Documents is how many answers the file has: the collector appends to
	// what an earlier run left. Cards are of the last that is whole.
	Documents int

	// Damaged is set when no answer is whole: there were more addresses.
	Damaged bool
	Notes   []Note // lines that are no part of an answer
}

// A Note is a line that is no part of an answer.
type Note = tree.Note

// A Card is a network card. Before CNI 1.20 there is only one, number 0.
type Card struct {
	Line            int
	Number          int
	Total, Assigned int64 // as ipamd counts
	ENIs            []ENI
}

// An ENI is a network interface that ipamd takes addresses from.
type ENI struct {
	Line       int
	ID         string // "eni-05b21ce7790aa4331"
	Device     int    // its number on the card, 0 is the primary interface
	Primary    bool
	Trunk      bool // for branch interfaces of security groups for pods
	EFA        bool
	Excluded   bool   // from giving addresses to pods
	Subnet     string // since CNI 1.21
	RouteTable int    // on the node, 254 is main; 0 where it is not said
	Ranges     []Range
}

// A Range is an address or a prefix of an interface.
type Range struct {
	Line      int
	CIDR      netip.Prefix
	Delegated bool      // a prefix that EC2 delegated, not a single address
	Addresses []Address // those that were ever given to a pod
}

// An Address is one that is or was given to a pod. The oldest generation lists
// all of them and says of each only whether it is assigned.
type Address struct {
	Line     int
	IP       netip.Addr
	Assigned bool

	// Network, Container and Interface are the key under which an address
	// is assigned: "aws-cni", the ID of the sandbox, "eth0". CNI 1.23 and
	// later hide the last two.
	Network, Container, Interface string
	Namespace, Pod                string
	AssignedAt, UnassignedAt      time.Time // zero where it is not said
}

// Cooling reports whether an address was given back less than the period ago
// and is therefore not given out again; ipamd's default is 30 seconds.
func (a Address) Cooling(now time.Time, period time.Duration) bool {
	return !a.Assigned && !a.UnassignedAt.IsZero() && now.Sub(a.UnassignedAt) <= period
}

// Size is how many addresses a range has.
func (r Range) Size() int64 {
	if !r.CIDR.IsValid() {
		return 0
	}
	return 1 << min(r.CIDR.Addr().BitLen()-r.CIDR.Bits(), 62)
}

// Capacity is how many addresses a card has. Total is a count that ipamd keeps as
// ranges come and go, and that CNI 1.11 and earlier took too much from, even to
// below 0, on a node with prefixes and single addresses:
// github.com/aws/amazon-vpc-cni-k8s/issues/2041.
func (c *Card) Capacity() int64 {
	total, _ := c.Counted()
	return max(c.Total, total)
}

// Counted returns what the ranges of a card add up to, which is what Total and
// Assigned should be.
func (c *Card) Counted() (total, assigned int64) {
	for _, e := range c.ENIs {
		for _, r := range e.Ranges {
			total += r.Size()
			assigned += r.Assigned()
		}
	}
	return total, assigned
}

// Assigned is how many addresses of a range pods have.
func (r Range) Assigned() int64 {
	var n int64
	for _, a := range r.Addresses {
		if a.Assigned {
			n++
		}
	}
	return n
}

// Parse reads the file. The whole answer is one line; these are CNI 1.0 to 1.6,
// 1.9 to 1.19, and 1.20 and later, where the outer key is the network card:
//
//	{"TotalIPs":56,"AssignedIPs":12,"ENIIPPools":{"eni-..":{"IPv4Addresses":{"10.43.168.10":{"Assigned":false}}}}}
//	{"TotalIPs":5,"AssignedIPs":2,"ENIs":{"eni-..":{"AvailableIPv4Cidrs":{"192.168.41.206/32":{"Cidr":{"IP":..}}}}}}
//	{"0":{"TotalIPs":10,"AssignedIPs":1,"ENIs":{"eni-..":{"AvailableIPv4Cidrs":{..},"RouteTableID":254}}}}
//
// Written by github.com/aws/amazon-vpc-cni-k8s, pkg/ipamd/datastore/data_store.go.
func Parse(file string, text []byte) (*Pool, error) {
	docs, notes, err := tree.Documents(text)
	p := &Pool{Documents: len(docs), Damaged: err != nil && len(docs) == 1, Notes: notes}
	last := choose(docs, err)
	if last == nil {
		return nil, fail(file, err)
	}
	p.Cards = cards(last)
	if len(p.Cards) == 0 && len(last.Keys) > 0 {
		return nil, fail(file, err)
	}
	return p, nil
}

// choose returns the last document, or the one before it when it is damaged.
func choose(docs []*tree.Value, damage error) *tree.Value {
	if len(docs) == 0 {
		return nil
	}
	e, _ := errors.AsType[*tree.Error](damage)
	if n := len(docs); e != nil && n > 1 && e.Line >= docs[n-1].Line {
		return docs[n-2]
	}
	return docs[len(docs)-1]
}

func fail(file string, err error) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file, Line: 1}, Format: name, Err: errors.New("no interfaces")}
	if damage, ok := errors.AsType[*tree.Error](err); ok {
		e.Pos.Line, e.Err = damage.Line, damage.Err
	}
	return e
}

func sniff(head []byte) bool {
	const start = 200
	head = bytes.TrimLeft(head[:min(len(head), start)], " \r\n")
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`IPs":`)) &&
		(bytes.Contains(head, []byte(`"ENIs":{`)) || bytes.Contains(head, []byte(`"ENIIPPools":{`)))
}
