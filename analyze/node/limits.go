package node

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed instances.tsv
var instancesTable string

// Limits are what EC2 allows an instance type on its first network card, which
// is the one that the VPC CNI takes the addresses of pods from.
type Limits struct {
	Interfaces int // network interfaces
	Addresses  int // IPv4 addresses of each, with its own first
	Cards      int // network cards
}

// LimitsDate is when the table of limits was taken from the EC2 API.
const LimitsDate = "2026-08-11"

// MaxPods is how many pods the addresses last for, without prefix delegation
// and on one card: each interface keeps one for itself, and two pods of every
// node (aws-node, kube-proxy) use the node's.
func (l Limits) MaxPods() int { return l.Interfaces*(l.Addresses-1) + 2 }

func (l Limits) String() string {
	s := fmt.Sprintf("%d interfaces with %d IPv4 addresses each, %d pods", l.Interfaces, l.Addresses, l.MaxPods())
	if l.Cards > 1 {
		s += fmt.Sprintf(" (the first of %d cards)", l.Cards)
	}
	return s
}

var limits = sync.OnceValue(func() map[string]Limits {
	all := map[string]Limits{}
	for line := range strings.Lines(instancesTable) {
		f := strings.Fields(line)
		if len(f) != 4 || f[0] == "#" {
			continue
		}
		var l Limits
		l.Interfaces, _ = strconv.Atoi(f[1])
		l.Addresses, _ = strconv.Atoi(f[2])
		l.Cards, _ = strconv.Atoi(f[3])
		all[f[0]] = l
	}
	return all
})

// LimitsOf returns the limits of an instance type ("m5.large").
func LimitsOf(instanceType string) (Limits, bool) {
	l, ok := limits()[instanceType]
	return l, ok
}
