package imds

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// Rules are those whose events tell of failed calls. Indirect ones say that
// something is missing which the service would have given, and not why.
var (
	Rules = []string{
		"imds.unreachable_from_pod", "imds.http_401", "imds.http_403", "imds.role_not_found",
		"cni.ipamd.imds_error", "nodeadm.imds.error", "cloudinit.datasource_error",
	}
	Indirect = []string{"csi.ebs.metadata_unavailable", "aws.creds.no_providers"}
)

// Denials are the rules whose events show that a program has a role of its own,
// and is refused with it: that it lacks credentials is no matter of the service.
var Denials = []string{"irsa.assume_denied", "podidentity.access_denied", "aws.sts.expired"}

// A Call is a line that tells of a failed call.
type Call struct {
	Rule string
	At   parsers.Pos
	Time time.Time // zero when unknown
	Text string
	File *index.File
	// Gated means that events of its rule passed the gate, so that they are a
	// finding, and not something that was over soon.
	Gated bool
}

// A Kind is how a call failed.
type Kind string

// The kinds. A connection that was made, and on which no answer came in time, is
// what a hop limit of 1 looks like: only packets of the token are limited. One
// that could not be made is not.
const (
	Timeout   Kind = "timeout"       // no answer in time
	Connect   Kind = "no-connection" // no connection in time, or no route
	Refused   Kind = "refused"
	Status401 Kind = "401"
	Status403 Kind = "403"
	Status404 Kind = "404"
	Other     Kind = "other"
)

// kinds are the words of each kind, tried in this order. They are those of the
// SDKs of AWS for Go (1 and 2), of botocore, requests and curl:
//
//	operation error ec2imds: GetMetadata, http response error StatusCode: 401, request to EC2 IMDS failed
//	EC2MetadataError: failed to make EC2Metadata request\n\n\tstatus code: 401, request id:
//	dial tcp 169.254.169.254:80: i/o timeout
//	read tcp 100.96.4.21:34662->169.254.169.254:80: read: connection reset by peer
//	operation error ec2imds: GetMetadata, canceled, context deadline exceeded
var kinds = []struct {
	kind Kind
	re   *regexp.Regexp
}{
	{Status401, regexp.MustCompile(`(?i)(?:status ?code:? ?|error code |error: |http/1\.[01]"? )401\b|\b401 (?:Client Error|- ?Unauthorized)`)},
	{Status403, regexp.MustCompile(`(?i)(?:status ?code:? ?|error code |error: |http/1\.[01]"? )403\b|\b403 (?:Client Error|- ?Forbidden)`)},
	{Status404, regexp.MustCompile(`(?i)(?:status ?code:? ?|error code |error: |http/1\.[01]"? )404\b|\b404 (?:Client Error|- ?Not Found)`)},
	{Refused, regexp.MustCompile(`(?i)connection refused`)},
	{Connect, regexp.MustCompile(`(?i)dial tcp [^ ]+: i/o timeout|dial tcp: i/o timeout|no route to host|network is unreachable|connect ?timeout|connection timed out|timed out\. \(connect timeout`)},
	{Timeout, regexp.MustCompile(`(?i)deadline exceeded|request canceled|awaiting headers|read timed? ?out|connection reset by peer|i/o timeout|\bEOF\b`)},
}

// KindOf says how the call of a line failed.
func KindOf(text string) Kind {
	for _, k := range kinds {
		if k.re.MatchString(text) {
			return k.kind
		}
	}
	return Other
}

// old are the words of programs that ask for no token: user agents and
// libraries that are no SDK of AWS. SDKs fall back to IMDSv1 when the call for a
// token fails, so that a 401 of theirs does not show that they are old.
var old = regexp.MustCompile(`(?i)^curl: |Client Error: Unauthorized for url|user-agent:? ?"?(?:curl|python-requests|Wget|boto/2|Boto3/1\.[0-9]\.|aws-sdk-go/1\.(?:1?\d|2[0-4])\.)|aws-sdk-go/1\.(?:1?\d|2[0-4])\.\d`)

// A Pod is one whose calls failed.
type Pod struct {
	Pod       string  `json:"pod"` // namespace/name
	Container string  `json:"container"`
	Network   Network `json:"network"`
	By        Point   `json:"network_by"` // what tells its network
	Kinds     []Kind  `json:"kinds"`      // how they failed
	Count     int     `json:"count"`      // lines, copies counted once
	Lasting   bool    `json:"lasting"`    // again and again, or its log ends there
	Indirect  bool    `json:"indirect"`   // no line names the service
	First     string  `json:"first"`      // RFC 3339, UTC; "" when unknown
	Last      string  `json:"last"`
	At        []Place `json:"at"` // the first few lines

	old    bool // speaks as one that knows no tokens
	direct int
	ended  bool
	gated  bool
	times  map[time.Time]string // the first file of each
	lines  map[parsers.Pos]bool
	until  time.Time // the last line of its log, or when the bundle was made; zero when unknown
}

// enough is how many failed calls of one program are not over soon.
const enough = 3

// fewPlaces is how many lines of a program are cited.
const fewPlaces = 3

// Fails groups calls by who made them: pods, and in host those of programs of
// the node itself. A line that stands in two copies of a log counts once. The
// bundle was made at a time, which is zero when unknown.
func Fails(calls []Call, networks *Networks, made time.Time) (pods []Pod, host *Pod) {
	by := map[string]*Pod{}
	var order []string
	for i := range calls {
		c := &calls[i]
		name, container := "", ""
		if !onHost(c.At.File) {
			info := index.Info(cmp.Or(c.File, &index.File{Path: c.At.File}))
			container = info.Container
			if name = info.Pod; info.Namespace != "" {
				name = info.Namespace + "/" + info.Pod
			}
		}
		key := name + "\x00" + container
		if by[key] == nil {
			by[key] = &Pod{Pod: name, Container: container, until: made, times: map[time.Time]string{}, lines: map[parsers.Pos]bool{}, Indirect: true}
			order = append(order, key)
		}
		by[key].add(c)
	}
	slices.Sort(order)
	for _, key := range order {
		p := by[key]
		p.Lasting = (p.direct >= enough || p.ended || p.gated || p.Indirect && p.Count >= enough) && !p.over()
		if p.Pod == "" {
			host = p
			continue
		}
		p.Network, p.By = networks.Of(p.Pod)
		pods = append(pods, *p)
	}
	slices.SortStableFunc(pods, func(a, b Pod) int { return cmp.Compare(b.Count, a.Count) })
	return pods, host
}

// add counts a call of the program.
func (p *Pod) add(c *Call) {
	direct := slices.Contains(Rules, c.Rule)
	p.gated = p.gated || c.Gated && direct
	p.log(c, direct)
	if p.copied(c) {
		return
	}
	p.Count++
	if direct {
		p.direct, p.Indirect = p.direct+1, false
	}
	if k := KindOf(c.Text); c.Text != "" && !slices.Contains(p.Kinds, k) && (k != Other || direct) {
		p.Kinds = append(p.Kinds, k)
		slices.Sort(p.Kinds)
	}
	p.old = p.old || old.MatchString(c.Text)
	if len(p.At) < fewPlaces {
		p.At = append(p.At, place(c.At))
	}
}

// log looks at where the log of a call ends: the last line that a program wrote
// is what it ended of.
func (p *Pod) log(c *Call, direct bool) {
	if c.File == nil {
		return
	}
	if c.File.Last.Kind == parsers.Zoned {
		if t := time.Unix(0, c.File.Last.Nano); t.After(p.until) {
			p.until = t
		}
	}
	p.ended = p.ended || direct && c.File.Lines > 0 && c.At.Line >= c.File.Lines-1
}

// copied reports whether the line was counted: it stands in another copy of the
// log too, as two lines of one instant in two files do.
func (p *Pod) copied(c *Call) bool {
	if p.lines[c.At] {
		return true // another rule saw it
	}
	p.lines[c.At] = true
	if c.Time.IsZero() {
		return false
	}
	file, seen := p.times[c.Time]
	if !seen {
		p.times[c.Time] = c.At.File
		p.span(c.Time.UTC().Format(time.RFC3339))
	}
	return seen && file != c.At.File
}

// burst and calm are how long calls may fail, and for how long none must fail
// behind that, for them to have been a passing matter, as at the start of a node.
// kubelet starts a program that ends for it again after five minutes at most.
const (
	burst = 2 * time.Minute
	calm  = 10 * time.Minute
)

// over reports whether calls failed once, for a short while, and none for long
// after that.
func (p *Pod) over() bool {
	if len(p.times) == 0 || p.until.IsZero() {
		return false
	}
	first, last := p.until, time.Time{}
	for t := range p.times {
		if t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	return last.Sub(first) <= burst && p.until.Sub(last) >= calm
}

func (p *Pod) span(t string) {
	if p.First == "" || t < p.First {
		p.First = t
	}
	p.Last = max(p.Last, t)
}

// keeps reports, of the programs of the node itself, whether their calls keep
// failing: their logs are shared, so that only what passed a gate counts.
func (p *Pod) keeps() bool { return p.gated && p.Lasting }

// only reports whether all failed calls are of some kinds.
func (p *Pod) only(kinds ...Kind) bool {
	return len(p.Kinds) > 0 && !slices.ContainsFunc(p.Kinds, func(k Kind) bool { return !slices.Contains(kinds, k) })
}

func (p *Pod) has(kind Kind) bool { return slices.Contains(p.Kinds, kind) }

// hostLogs are the logs of programs of the node itself.
var hostLogs = []string{
	"kubelet/", "containerd/", "docker/", "nodeadm/", "sandbox-image/", "automode/", "bottlerocket",
	"var_log/messages", "var_log/syslog", "var_log/cloud-init", "var_log/user-data", "var_log/aws-routed-eni/", "var_log/journal",
}

// onHost reports whether a log is that of a program of the node itself.
func onHost(file string) bool {
	return slices.ContainsFunc(hostLogs, func(prefix string) bool { return strings.HasPrefix(file, prefix) })
}

// Behind are the pods that a hop limit of 1 can keep from the service: those
// whose calls keep failing, without the network of the node. 403 and 404 are
// answers that no limit makes, and one that never asks for a token misses none.
// Where no line names the service, another reason is as likely.
func Behind(pods []Pod) (out []*Pod) {
	for i := range pods {
		if p := &pods[i]; p.Lasting && !p.Indirect && p.Network != OfHost && !p.only(Status404, Status403) && !(p.old && p.only(Status401)) {
			out = append(out, p)
		}
	}
	return out
}

// Vague are the pods that lack credentials or metadata, again and again, without
// saying why, and in whose logs no role of their own is refused.
func Vague(pods []Pod, denied func(file string) bool) (out []*Pod) {
	for i := range pods {
		p := &pods[i]
		if p.Indirect && p.Lasting && p.Network != OfHost && !slices.ContainsFunc(p.At, func(at Place) bool { return denied(at.File) }) {
			out = append(out, p)
		}
	}
	return out
}

// Unconnected reports whether none of some pods got so far as to ask. A hop
// limit does not do that: only the answer with the token is limited.
func Unconnected(pods []*Pod) bool {
	return !slices.ContainsFunc(pods, func(p *Pod) bool { return !p.only(Connect, Refused) })
}

// Tokenless are the programs that got 401 for want of a token. Pods that a hop
// limit of 1 keeps from tokens are left out, unless what they write shows that
// they know none: the SDKs of AWS fall back to a call without a token.
func Tokenless(pods []Pod, host *Pod, limited bool) (out []*Pod) {
	for i := range pods {
		p := &pods[i]
		if p.Lasting && p.has(Status401) && (!limited || p.Network == OfHost || p.old) {
			out = append(out, p)
		}
	}
	if host != nil && host.has(Status401) && host.Lasting {
		out = append(out, host)
	}
	return out
}

// Names lists the programs of a sentence.
func Names(pods []*Pod) string { return names(pods) }

// fewTexts is how many calls of a file at each of its ends are looked at closely.
const fewTexts = 8

// Sample returns the indexes of calls whose text tells enough: of each rule and
// file the first few and the last few.
func Sample(calls []Call) (read []int) {
	type log struct{ rule, file string }
	by := map[log][]int{}
	for i := range calls {
		k := log{calls[i].Rule, calls[i].At.File}
		by[k] = append(by[k], i)
	}
	for _, all := range by {
		n := min(len(all), fewTexts)
		read = append(read, all[:n]...)
		read = append(read, all[max(n, len(all)-fewTexts):]...)
	}
	slices.Sort(read)
	return read[:min(len(read), maxTexts)]
}

// maxTexts bounds the lines that are looked at.
const maxTexts = 2000
