// Package apiserver reads the tests of the Kubernetes API server that the
// collectors make from the node: curl -v of /livez, five times, or one request
// of the node monitoring agent.
package apiserver

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is curl_api_server.txt and get_api_server.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Requests to the API server from the node, curl -v of /livez.",
	Files:  []string{"networking/curl_api_server.txt", "networking/get_api_server.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "apiserver"

// What is kept of a file.
const (
	maxAttempts = 100
	maxRows     = 500    // addresses, checks, problems and lines of the body, of an attempt
	maxLine     = 10_000 // bytes read of a line
	maxText     = 300    // bytes kept of it
)

// Requests is a file.
type Requests struct {
	Attempts []Attempt
	Cut      bool // there were more than are kept
	Notes    []Note
}

// An Attempt is one request.
type Attempt struct {
	Line       int
	Number, Of int       // 1 and 5 for "(1 of 5)"; 0 for the agent's one
	Time       time.Time // UTC; zero for the agent's
	URL        string    // without the path for curl, with it for the agent

	Tried     []Peer // addresses that the name was resolved to, as they were tried
	Connected Peer   // zero without a connection
	TLS       Note   // "TLSv1.3 / TLS_AES_256_GCM_SHA384"; zero without a session
	Verified  int    // line that says that the server's certificate is good; 0 without one

	// From and Until are when the server's certificate is valid.
	From, Until Instant

	Status     int // of HTTP; 0 without an answer, and for the agent, which keeps answers of 200 only
	StatusLine int
	Date       Instant // the server's clock, as its answer gives it
	Checks     []Check
	Verdict    Note   // "livez check passed"; zero without one
	Body       []Note // what else the server said

	Error    *Error // of curl; nil when it was content
	Problems []Note // lines of curl about what went wrong, its error not among them
}

// An Instant is a time in whole seconds, UTC; Line is 0 where it is not said.
type Instant struct {
	Line int
	Time time.Time
}

// A Peer is an address; Addr is not valid where there is none.
type Peer struct {
	Line int
	Addr netip.Addr
	Port uint16
}

// A Check is an item of the health of the server.
type Check struct {
	Line int
	Name string
	OK   bool
	Text string // of one that is not: "failed: reason withheld"
}

// An Error is the last word of curl: "curl: (28) Connection timed out".
type Error struct {
	Line int
	Code int // exit code of curl: 6 not resolved, 7 refused, 28 timed out, 35 TLS, 60 certificate
	Text string
}

// A Note is a line or a part of one.
type Note struct {
	Line int
	Text string
}

// Answered reports whether the server answered at all. A refusal, as HTTP 401
// or 403, is an answer: network and TLS work.
func (a *Attempt) Answered() bool {
	return a.Status != 0 || len(a.Checks) > 0 || a.Verdict.Line != 0
}

// Parse reads a file. The meter of curl is written into the same file; what
// comes next may stand behind it.
//
//	curling https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com (1 of 5) 2026-11-21T00:20:58.123UTC
//	  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0*   Trying 10.0.9.201:443...
//	* Connected to 0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com (10.0.9.201) port 443 (#0)
//	< HTTP/2 200
//	[+]ping ok
//	[-]etcd failed: reason withheld
//	curl: (28) Failed to connect to 10.0.0.9 port 443 after 3001 ms: Timeout was reached
func Parse(file string, text []byte) (*Requests, error) {
	p := &parser{out: &Requests{}}
	for line := range bytes.Lines(text) {
		p.num++
		for part := range bytes.SplitSeq(line[:min(len(line), maxLine)], []byte("\r")) {
			p.part(string(part))
		}
	}
	if len(p.out.Attempts) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no requests")}
	}
	return p.out, nil
}

type parser struct {
	out  *Requests
	num  int
	cur  *Attempt // the last attempt; nil before the first
	over bool     // curl has said its error: what follows is advice
}

// marks are what the collectors write before a request. A body without an end
// of line is right before it.
var marks = []string{"curling http", "sending GET request to "}

// part reads a line, or what stands between two returns of the meter.
func (p *parser) part(s string) {
	if i := markAt(s); i >= 0 {
		p.text(s[:i])
		p.start(strings.TrimSpace(s[i:]))
		return
	}
	p.text(s)
}

// markAt returns where a request is announced, -1 when it is not. At the start
// of a line the address may be empty, as in a kubeconfig without a server.
func markAt(s string) int {
	if strings.HasPrefix(s, "curling ") {
		return 0
	}
	for _, m := range marks {
		if i := strings.Index(s, m); i >= 0 {
			return i
		}
	}
	return -1
}

// start begins an attempt.
func (p *parser) start(s string) {
	a := Attempt{Line: p.num}
	if url, ok := strings.CutPrefix(s, marks[1]); ok {
		a.URL = url
	} else {
		a.curling(strings.TrimPrefix(s, "curling "))
	}
	p.over = false
	if len(p.out.Attempts) == maxAttempts {
		p.out.Cut = true
		p.cur = &Attempt{}
		return
	}
	p.out.Attempts = append(p.out.Attempts, a)
	p.cur = &p.out.Attempts[len(p.out.Attempts)-1]
}

// curling reads "https://... (1 of 5) 2026-11-21T00:20:58.123UTC".
func (a *Attempt) curling(s string) {
	url, rest, _ := strings.Cut(s, " (")
	count, at, _ := strings.Cut(rest, ") ")
	n, of, _ := strings.Cut(count, " of ")
	a.URL = url
	a.Number, a.Of = number(n, 1<<16), number(of, 1<<16)
	if t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(at, "UTC")); err == nil {
		a.Time = t
	}
}

// text reads anything else.
func (p *parser) text(s string) {
	s = afterMeter(strings.TrimRight(s, " \t\r\n"))
	switch {
	case s == "" || s[0] == '>' || s[0] == '{' && strings.HasSuffix(s, " bytes data]") || s[0] == '}' && strings.HasSuffix(s, " bytes data]") || isMeterHead(s):
	case p.cur == nil:
		add(&p.out.Notes, p.num, s)
	case strings.HasPrefix(s, "* "):
		p.cur.trace(strings.TrimSpace(s[2:]), p.num)
	case strings.HasPrefix(s, "< "):
		p.cur.answer(s[2:], p.num)
	case s == "<":
	case strings.HasPrefix(s, "curl: ("):
		p.over = true
		p.cur.fail(s, p.num)
	case !p.over:
		p.cur.body(s, p.num)
	}
}

// trace reads what curl tells of the connection. The words changed: 8.14 says
// "Established connection to" and shows addresses in another way.
func (a *Attempt) trace(s string, num int) {
	switch {
	case strings.HasPrefix(s, "Trying "):
		if len(a.Tried) < maxRows {
			a.Tried = append(a.Tried, trying(strings.TrimSpace(s[len("Trying "):]), num))
		}
	case strings.HasPrefix(s, "Connected to "), strings.HasPrefix(s, "Established connection to "):
		a.Connected = connected(s, num)
	case strings.HasPrefix(s, "SSL connection using "):
		a.TLS = Note{num, cut(s[len("SSL connection using "):])}
	case strings.HasPrefix(s, "SSL certificate verify ok"), strings.HasPrefix(s, "SSL certificate verified"):
		a.Verified = num
	case strings.HasPrefix(s, "start date: "):
		a.From = instant("Jan _2 15:04:05 2006 MST", s[len("start date: "):], num)
	case strings.HasPrefix(s, "expire date: "):
		a.Until = instant("Jan _2 15:04:05 2006 MST", s[len("expire date: "):], num)
	case isProblem(s):
		add(&a.Problems, num, s)
	}
}

// instant reads a time in GMT: "Nov 24 11:05:34 2026 GMT" of a certificate, "Sat,
// 21 Nov 2026 11:27:01 GMT" of a header.
func instant(layout, s string, num int) Instant {
	t, err := time.Parse(layout, strings.TrimSpace(s))
	if err != nil || !strings.HasSuffix(strings.TrimSpace(s), "GMT") {
		return Instant{}
	}
	return Instant{num, t.UTC()}
}

// trying reads "10.0.9.201:443...", "[2600:1f13::1]:443..." and the address
// without a port of old versions.
func trying(s string, num int) Peer {
	s = strings.TrimRight(s, ". ")
	if p, err := netip.ParseAddrPort(s); err == nil {
		return Peer{num, p.Addr(), p.Port()}
	}
	ip, err := netip.ParseAddr(s)
	if i := strings.LastIndexByte(s, ':'); err != nil && i > 0 {
		ip, _ = netip.ParseAddr(s[:i])
		return Peer{num, ip, uint16(number(s[i+1:], 1<<16-1))}
	}
	return Peer{Line: num, Addr: ip}
}

// connected reads "NAME (10.0.9.201) port 443 (#0)" and "NAME (10.0.9.201 port
// 443) from 10.0.12.34 port 39012".
func connected(s string, num int) Peer {
	p := Peer{Line: num}
	_, in, _ := strings.Cut(s, "(")
	host, rest, _ := strings.Cut(in, ")")
	host, port, both := strings.Cut(host, " port ")
	if !both {
		_, port, _ = strings.Cut(rest, " port ")
		port, _, _ = strings.Cut(port, " ")
	}
	p.Addr, _ = netip.ParseAddr(host)
	p.Port = uint16(number(port, 1<<16-1))
	return p
}

// problems are words in lines of curl that tell of a trouble.
var problems = []string{"ailed", "ould not ", "ouldn't ", "imed out", "timeout", "refused", "reset by", "nreachable", "SSL certificate problem", "no alternative certificate", "unable to", "Empty reply", "rror"}

func isProblem(s string) bool {
	if strings.HasPrefix(s, "TLSv1") {
		return false // a message by its name
	}
	for _, w := range problems {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// answer reads the head of the answer, "HTTP/2 200"; 100 is not yet one.
//
//	< HTTP/2 200
//	< date: Sat, 21 Nov 2026 11:27:01 GMT
func (a *Attempt) answer(s string, num int) {
	if key, value, _ := strings.Cut(s, ": "); strings.EqualFold(key, "date") {
		a.Date = instant(time.RFC1123, value, num)
	}
	if !strings.HasPrefix(s, "HTTP/") {
		return
	}
	_, rest, _ := strings.Cut(s, " ")
	code, _, _ := strings.Cut(rest, " ")
	if n := number(code, 999); n >= 200 {
		a.Status, a.StatusLine = n, num
	}
}

// fail reads "curl: (28) Connection timed out after 3001 milliseconds".
func (a *Attempt) fail(s string, num int) {
	code, text, _ := strings.Cut(s[len("curl: ("):], ") ")
	a.Error = &Error{num, number(code, 1<<16), cut(text)}
}

// body reads what the server said.
//
//	[+]ping ok
//	[-]etcd failed: reason withheld
//	livez check passed
func (a *Attempt) body(s string, num int) {
	switch {
	case strings.HasPrefix(s, "[+]"), strings.HasPrefix(s, "[-]"):
		check, text, _ := strings.Cut(s[3:], " ")
		if len(a.Checks) < maxRows {
			a.Checks = append(a.Checks, Check{num, cut(check), s[1] == '+', cut(strings.TrimPrefix(text, "ok"))})
		}
	case strings.HasSuffix(s, " check passed"), strings.HasSuffix(s, " check failed"):
		a.Verdict = Note{num, cut(s)}
	default:
		add(&a.Body, num, s)
	}
}

// afterMeter drops the twelve columns of the meter of curl.
//
//	0     0    0     0    0     0      0      0 --:--:--  0:00:02 --:--:--     0* SSL connection timeout
func afterMeter(s string) string {
	rest := strings.TrimLeft(s, "0123456789.:-kMGTP ")
	if meter := s[:len(s)-len(rest)]; len(strings.Fields(meter)) >= 11 {
		return rest
	}
	return s
}

func isMeterHead(s string) bool {
	return strings.HasPrefix(s, "  % Total ") || strings.Contains(s, "Dload  Upload")
}

func add(notes *[]Note, num int, s string) {
	if len(*notes) < maxRows {
		*notes = append(*notes, Note{num, cut(s)})
	}
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "?") }

// number reads a number up to a limit, 0 when it is none.
func number(s string, limit uint64) int {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil || n > limit {
		return 0
	}
	return int(n)
}

func sniff(head []byte) bool {
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m)) {
			return true
		}
	}
	return false
}
