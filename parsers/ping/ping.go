// Package ping reads the connectivity tests of the collectors. What counts is
// mostly that the name was resolved: ICMP is filtered in many networks.
package ping

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is ping_amazon.com.txt and ping_public.ecr.aws.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Tests of names and of ICMP, ping.",
	Files:  []string{"networking/ping_*.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ping"

// What is kept of a file; the collectors send ten packets.
const (
	maxErrors = 100
	maxText   = 300 // bytes
)

// A Result is a file.
type Result struct {
	Line   int    // of the head; 0 when ping did not get that far
	Target string // as asked for: "amazon.com"
	// Addr is what the target was resolved to; not valid when it was not.
	Addr    netip.Addr
	Replies int // lines of replies

	// Summary is the line of the statistics, 0 without one: ping was killed.
	Summary        int
	Sent, Received int
	Duplicates     int
	Corrupted      int     // replies with other bytes than were sent
	Failed         int     // "+3 errors": packets that another host reported an error for
	Loss           float64 // percent, 0 to 100
	Pipe           int     // packets on their way at once, 0 when never more than one
	PipeLine       int
	RTTLine        int // 0 when nothing came back
	RTT            RTT

	Errors []Error // the first of them
}

// RTT are the times of the round trips.
type RTT struct{ Min, Avg, Max, Mdev time.Duration }

// An Error is a line that tells why something did not come back.
type Error struct {
	Line int
	Kind ErrorKind
	From string // the host that said so; "" for ping itself
	Text string
}

// An ErrorKind is a sort of error.
type ErrorKind string

// The sorts of errors.
const (
	NotResolved ErrorKind = "not-resolved" // the name has no address, or DNS did not answer
	Unreachable ErrorKind = "unreachable"  // no route, or a router or the network said so
	Filtered    ErrorKind = "filtered"     // a packet filter said so
	TTL         ErrorKind = "ttl"          // a routing loop
	Denied      ErrorKind = "denied"       // ping was not allowed to send
	Other       ErrorKind = "other"        // any other line
)

// kinds are parts of lines, in the order in which they are tried.
var kinds = []struct {
	part string
	kind ErrorKind
}{
	{"ame or service not known", NotResolved},
	{"emporary failure in name resolution", NotResolved},
	{"unknown host", NotResolved},
	{"No address associated with hostname", NotResolved},
	{"Non-recoverable failure in name resolution", NotResolved},
	{"Packet filtered", Filtered},
	{"Communication prohibited", Filtered},
	{"dministratively prohibited", Filtered},
	{"Time to live exceeded", TTL},
	{"Time exceeded", TTL},
	{"nreachable", Unreachable},
	{"No route to host", Unreachable},
	{"Operation not permitted", Denied},
	{"ermission denied", Denied},
}

// Parse reads a file.
//
//	PING amazon.com (10.0.0.9) 56(84) bytes of data.
//	64 bytes from amazon.com (10.0.0.9): icmp_seq=1 ttl=64 time=14.9 ms
//	From 10.0.12.34 icmp_seq=2 Destination Host Unreachable
//
//	--- amazon.com ping statistics ---
//	10 packets transmitted, 9 received, +1 errors, 10% packet loss, time 208ms
//	rtt min/avg/max/mdev = 0.475/5.607/14.914/4.485 ms, pipe 2, ipg/ewma 23.070/8.009 ms
//
// Written by finish in ping/ping_common.c of iputils, whose last line has only
// "pipe 3" when nothing came back.
func Parse(file string, text []byte) (*Result, error) {
	r := &Result{}
	for num, line := range rows.Lines(text) {
		r.line(strings.TrimSpace(line), num)
	}
	if !r.known() {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no output of ping")}
	}
	return r, nil
}

func (r *Result) line(s string, num int) {
	switch {
	case strings.HasPrefix(s, "PING "):
		r.head(s, num)
	case strings.Contains(s, " bytes from "):
		r.Replies++
	case strings.HasPrefix(s, "--- ") && strings.HasSuffix(s, " ping statistics ---"):
		if r.Target == "" {
			r.Target = strings.TrimSuffix(s[len("--- "):], " ping statistics ---")
		}
	case strings.Contains(s, " packets transmitted, "):
		r.summary(s, num)
	case strings.HasPrefix(s, "rtt ") || strings.HasPrefix(s, "round-trip "):
		r.rtt(s, num)
	case strings.HasPrefix(s, "pipe "):
		r.pipe(s, num)
	default:
		r.problem(s, num)
	}
}

// head reads "PING amazon.com (10.0.0.9) 56(84) bytes of data." and "PING
// ::1(::1) 56 data bytes"; with IPv6 the name may stand in the brackets too.
func (r *Result) head(s string, num int) {
	target, rest, _ := strings.Cut(s[len("PING "):], "(")
	r.Line, r.Target = num, strings.TrimSpace(target)
	inner, _, _ := strings.Cut(rest, ")")
	if _, in, ok := strings.Cut(inner, "("); ok {
		inner = in
	}
	r.Addr, _ = netip.ParseAddr(strings.TrimSpace(inner))
}

// summary reads the line after "--- amazon.com ping statistics ---".
func (r *Result) summary(s string, num int) {
	r.Summary = num
	for part := range strings.SplitSeq(s, ", ") {
		value, what, _ := strings.Cut(part, " ")
		switch {
		case what == "packets transmitted":
			r.Sent = count(value)
		case what == "received" || what == "packets received":
			r.Received = count(value)
		case what == "duplicates":
			r.Duplicates = count(value)
		case what == "corrupted":
			r.Corrupted = count(value)
		case what == "errors":
			r.Failed = count(value)
		case what == "packet loss":
			if v, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64); err == nil && v >= 0 && v <= 100 {
				r.Loss = v
			}
		}
	}
}

// rtt reads the times, which are in milliseconds.
func (r *Result) rtt(s string, num int) {
	_, values, _ := strings.Cut(s, " = ")
	values, rest, ok := strings.Cut(values, " ms")
	if !ok {
		return
	}
	r.RTTLine = num
	r.pipe(strings.TrimPrefix(rest, ", "), num)
	to := []*time.Duration{&r.RTT.Min, &r.RTT.Avg, &r.RTT.Max, &r.RTT.Mdev}
	for i, v := range strings.SplitN(values, "/", len(to)) {
		if ms, err := strconv.ParseFloat(v, 64); err == nil && ms >= 0 && ms < 1e9 {
			*to[i] = time.Duration(ms * float64(time.Millisecond)).Round(time.Microsecond)
		}
	}
}

// pipe reads "pipe 3", after which more may follow.
func (r *Result) pipe(s string, num int) {
	first, _, _ := strings.Cut(s, ", ")
	if n, ok := strings.CutPrefix(first, "pipe "); ok {
		r.Pipe, r.PipeLine = count(n), num
	}
}

// problem reads errors of ping and those that other hosts sent, and keeps what
// is unknown.
//
//	From 10.0.12.34 icmp_seq=1 Destination Host Unreachable
//	ping: amazon.com: Temporary failure in name resolution
func (r *Result) problem(s string, num int) {
	if s == "" || len(r.Errors) == maxErrors {
		return
	}
	e := Error{Line: num, Kind: kindOf(s), Text: strings.ToValidUTF8(strings.Clone(s[:min(len(s), maxText)]), "?")}
	if from, ok := strings.CutPrefix(e.Text, "From "); ok {
		e.From, _, _ = strings.Cut(from, " ")
	}
	r.Errors = append(r.Errors, e)
}

func kindOf(s string) ErrorKind {
	for _, k := range kinds {
		if strings.Contains(s, k.part) {
			return k.kind
		}
	}
	return Other
}

// known reports whether a text is of ping at all.
func (r *Result) known() bool {
	return r.Line != 0 || r.Summary != 0 || slices.ContainsFunc(r.Errors, func(e Error) bool {
		return e.Kind != Other || strings.HasPrefix(e.Text, "ping: ")
	})
}

// count reads a number, "+3" too.
func count(s string) int {
	n, _ := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 31)
	return int(n)
}

func sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PING ")) && bytes.Contains(head, []byte(" bytes"))
}
