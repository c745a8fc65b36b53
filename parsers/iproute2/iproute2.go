// Package iproute2 reads the routing of a node: the policy rules of "ip rule
// show" and the routes of "ip route show table all".
//
// A file of rules becomes [Rules], a file of routes [Routes]. What a line says
// beyond the fields stays in Rest, as written: a check that asks for a plain
// rule or route asks for an empty Rest.
package iproute2

import (
	"bytes"
	"errors"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is iprule.txt, ip6rule.txt, iproute.txt and ip6route.txt.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Routing rules and routes: ip rule show, ip route show table all.",
	Files: []string{
		"networking/iprule.txt", "networking/ip6rule.txt",
		"networking/iproute.txt", "networking/ip6route.txt",
	},
	Sniff:  sniff,
	Decode: decode,
}

const name = "iproute2"

// What is kept of a file. A node with 250 pods has some hundred of each.
const (
	maxRows = 100_000
	maxHops = 1000   // of a route
	maxLine = 10_000 // bytes; a longer line is a note
)

// decode tells the kinds of file apart by name, else by the first line.
func decode(file string, text []byte) (any, error) {
	base := path.Base(file)
	if strings.Contains(base, "rule") || !strings.Contains(base, "route") && startsRules(text) {
		return ParseRules(file, text)
	}
	return ParseRoutes(file, text)
}

// sniff accepts what can be nothing else: the rule that each node has first,
// and a default route.
func sniff(head []byte) bool {
	if startsRules(head) {
		return true
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("default via ")) && bytes.Contains(first, []byte(" dev "))
}

// startsRules looks for "0:	from all lookup local".
func startsRules(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	prio, rest, ok := bytes.Cut(first, []byte(":"))
	f := bytes.Fields(rest)
	return ok && digits(string(prio)) && len(f) > 1 && (string(f[0]) == "from" || string(f[0]) == "not")
}

func noRows(file, what string) error {
	return &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no " + what)}
}

// words are the words of a line. Those that have no field become the rest.
type words struct {
	left  []string
	other []string
}

// next returns the next word, "" at the end.
func (w *words) next() string {
	s := w.peek()
	if s != "" {
		w.left = w.left[1:]
	}
	return s
}

// peek returns what next would.
func (w *words) peek() string {
	if len(w.left) == 0 {
		return ""
	}
	return w.left[0]
}

// unknown keeps words for the rest.
func (w *words) unknown(s ...string) { w.other = append(w.other, s...) }

// rest returns the words without a field, as written.
func (w *words) rest() string { return strings.Join(w.other, " ") }

// number reads the value of a word. When it is none, the word has no field.
func (w *words) number(word string, n *uint32) bool {
	v, ok := number(w.peek())
	if !ok {
		w.unknown(word)
		return false
	}
	*n = v
	w.next()
	return true
}

// address reads the value of via and src. The family may stand before it, as
// in "via inet6 fe80::1".
func (w *words) address(word string, a *netip.Addr) {
	if f := w.peek(); f == "inet" || f == "inet6" {
		w.unknown(w.next())
	}
	v, err := netip.ParseAddr(w.peek())
	if err != nil {
		w.unknown(word)
		return
	}
	*a = v
	w.next()
}

// prefix reads "10.0.0.0/20" or an address, which is a prefix of all its bits.
func prefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// number reads a number of 32 bits, as hex when it says so.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 0, 32)
	return uint32(n), err == nil
}
