// Package imdsblock finds iptables rules that keep requests from the instance
// metadata service.
//
// It follows such a request, tcp to port 80 of 169.254.169.254 or fd00:ec2::254,
// through the chains of each table, once as the node sends it (OUTPUT,
// POSTROUTING) and once as a pod does (PREROUTING, FORWARD, POSTROUTING).
// A rule counts when it, or a jump on the way to it, names the service or a
// range that holds it: a chain that drops everything is another matter.
package imdsblock

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	service "github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.iptables_block.
var Check = &analyze.Check{ID: "state.imds.iptables_block", Doc: analyze.MustDoc(doc), Run: run}

// The addresses of the service.
var (
	imds4 = netip.MustParseAddr("169.254.169.254")
	imds6 = netip.MustParseAddr("fd00:ec2::254")
)

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := inOrder(analyze.Facts[iptables.Ruleset](p))
	if len(files) == 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no file with iptables rules could be read"}, nil
	}
	var all []*block
	var notes []string
	for _, f := range files {
		blocks, void := find(f.Path, f.Value)
		all = merge(all, blocks)
		notes = append(notes, void[:min(len(void), 3)]...)
	}
	v := unblocked(p, files, append([]string{looked(files)}, slices.Compact(notes)...))
	fails := callersOf(p)
	for _, ip := range []netip.Addr{imds4, imds6} {
		if m, ok := match(ip, all, fails); ok {
			sortPlaces(m.At, files)
			m.At = m.At[:min(len(m.At), maxAt)]
			v.Outcome = analyze.Found
			v.Matches = append(v.Matches, m)
		}
	}
	return v, nil
}

// unblocked is the verdict when no rule is found: clear only if all rules of
// the filter table for IPv4 were seen. A node may well be without rules for
// IPv6, so that those were not seen is only noted.
func unblocked(p *analyze.Pass, files []analyze.FileFact[iptables.Ruleset], notes []string) analyze.Verdict {
	six := func(f analyze.FileFact[iptables.Ruleset]) bool { return f.Value.V6 }
	if why := unseen(p, files, true); why != "" && slices.ContainsFunc(files, six) {
		notes = append(notes, "IPv6 was not judged: "+why)
	}
	if why := unseen(p, files, false); why != "" {
		return analyze.Verdict{Outcome: analyze.NoData, Note: strings.Join(append([]string{why}, notes...), "; "), Silent: true}
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: strings.Join(notes, "; ")}
}

// unseen says why rules of the filter table of a family may not have been
// seen; "" when one file has the whole table, and none breaks off.
func unseen(p *analyze.Pass, files []analyze.FileFact[iptables.Ruleset], v6 bool) string {
	for _, f := range p.Files {
		if ofFilter(f.At()) && strings.Contains(path.Base(f.At()), "ip6") == v6 && whole.Cut(p, f.Path) != "" {
			return f.Path + " is cut"
		}
	}
	whole := false
	for _, f := range files {
		if f.Value.V6 != v6 || f.Value.Listing && !f.Value.HasFilter() {
			continue
		}
		if !f.Value.Whole {
			return f.Path + " does not go to its end"
		}
		whole = whole || f.Value.HasFilter()
	}
	if !whole && v6 {
		return "no whole IPv6 filter table"
	}
	if !whole {
		return "no whole IPv4 filter table"
	}
	return ""
}

// ofFilter reports whether a file with rules is one for those of the filter
// table, by its place.
func ofFilter(place string) bool {
	return iptables.Format.Matches(place) && !strings.Contains(place, "-nat") && !strings.Contains(place, "-mangle")
}

// inOrder puts iptables-save first: it has all tables. iptables.txt comes last,
// as it only says the filter table again.
func inOrder(files []analyze.FileFact[iptables.Ruleset]) []analyze.FileFact[iptables.Ruleset] {
	rank := func(f analyze.FileFact[iptables.Ruleset]) int {
		switch base := path.Base(f.Path); {
		case !f.Value.Listing:
			return 0
		case base == "iptables.txt" || base == "ip6tables.txt":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(files, func(a, b analyze.FileFact[iptables.Ruleset]) int { return cmp.Compare(rank(a), rank(b)) })
	return files
}

func looked(files []analyze.FileFact[iptables.Ruleset]) string {
	n, cut := 0, ""
	for _, f := range files {
		n += len(f.Value.Rules)
		if f.Value.Cut {
			cut = fmt.Sprintf(", of %s only the first %d", f.Path, iptables.MaxRules)
		}
	}
	where := "one file"
	if len(files) != 1 {
		where = fmt.Sprintf("%d files", len(files))
	}
	return fmt.Sprintf("%s in %s%s", words.Count(n, "rule", "rules"), where, cut)
}

// A block is one rule that keeps requests from the service, with the places of
// its copies: the same rule stands in up to three files.
type block struct {
	rule    iptables.Rule
	ip      netip.Addr
	at      []parsers.Pos
	host    extent // what it takes from the node itself
	pods    extent // what it takes from pods
	unused  string // why no request comes here; "" when one does
	partial []string
	against []string // rules before it that let some requests through:
	// those of root, or of pods
	freeRoot, freePods bool
	sparesRoot         bool // it is for users other than root, or root comes past it
	packets            uint64
	counted            bool
}

// An extent is how much of the requests a rule takes.
type extent uint8

const (
	none extent = iota
	some        // of some users, pods or interfaces only
	most        // all that matter: of root, or of every pod
)

// key is the same for the copies of a rule.
func (b *block) key() string {
	r := &b.rule
	return fmt.Sprint(b.ip, r.Table, r.Chain, r.Target, r.Proto, r.Dst.Not, r.Dst.From, r.Dst.To, r.Src.Not, r.Src.From, r.Src.To,
		r.DstPorts.Not, r.DstPorts.Ranges, r.In, r.Out, owner(r))
}

// merge adds the blocks of another file to those known.
func merge(all, more []*block) []*block {
	known := map[string]*block{}
	for _, b := range all {
		known[b.key()] = b
	}
	for _, b := range more {
		old := known[b.key()]
		if old == nil {
			known[b.key()] = b
			all = append(all, b)
			continue
		}
		old.at = append(old.at, b.at...)
		old.counted = old.counted || b.counted
		old.packets = max(old.packets, b.packets)
	}
	return all
}

// maxAt is how many lines are cited as proof.
const maxAt = 40

// match makes one finding of the blocks of an address.
func match(ip netip.Addr, all []*block, fails callers) (analyze.Match, bool) {
	var blocks []*block
	for _, b := range all {
		if b.ip == ip {
			blocks = append(blocks, b)
		}
	}
	if len(blocks) == 0 {
		return analyze.Match{}, false
	}
	m := analyze.Match{Entity: ip.String(), Confidence: confidence(blocks), Entities: map[string][]string{"ip": {ip.String()}}}
	var said []string
	for _, b := range blocks {
		m.Severity = worse(m.Severity, b.severity(fails))
		m.At = append(m.At, b.at...)
		if len(said) < 5 {
			said = append(said, b.String())
		}
	}
	if rest := len(blocks) - len(said); rest > 0 {
		said = append(said, fmt.Sprintf("and %d more rules", rest))
	}
	m.Summary = strings.Join(said, "; ")
	m.Explains = explains(blocks)
	return m, true
}

// sortPlaces puts the proof in the order of the files, then of the lines.
func sortPlaces(at []parsers.Pos, files []analyze.FileFact[iptables.Ruleset]) {
	order := map[string]int{}
	for i, f := range files {
		order[f.Path] = i
	}
	slices.SortFunc(at, func(a, b parsers.Pos) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	})
}

// callers are programs whose calls of the service keep failing, by where they
// run. Those of an unknown place are taken for pods.
type callers struct{ pods, host bool }

// callersOf looks for them in the logs. An answer of the service, be it a 401,
// shows that the call came through; a pod that only lacks credentials or
// metadata may be kept from it.
func callersOf(p *analyze.Pass) (fails callers) {
	pods, _ := imds.Failures(p)
	for i := range pods {
		x := &pods[i]
		if !x.Lasting || x.Indirect || !slices.ContainsFunc(x.Kinds, unanswered) {
			continue
		}
		fails.host = fails.host || x.Network == service.OfHost
		fails.pods = fails.pods || x.Network != service.OfHost
	}
	fails.pods = fails.pods || len(imds.Vague(p, pods)) > 0
	return fails
}

func unanswered(k service.Kind) bool {
	return !slices.Contains([]service.Kind{service.Status401, service.Status403, service.Status404}, k)
}

// severity follows how much a rule takes, and from whom. What keeps only pods
// from the service, as a hop limit of 1 does, or all users but root, is a good
// setting as long as nobody misses it. The IPv6 address is used only where the
// instance and the client were told to.
func (b *block) severity(fails callers) analyze.Severity {
	idle := b.counted && b.packets == 0
	switch {
	case b.unused != "":
		return analyze.Low
	case b.ip == imds6:
		return analyze.Medium
	case redirects(b.rule.Target):
		return analyze.Medium
	case b.host == most:
		return analyze.Critical
	case b.host == some && b.pods == none && b.sparesRoot:
		return graded(fails.host && !idle, analyze.Medium, analyze.Low)
	case b.host == some:
		return analyze.High
	case fails.pods && !idle:
		return analyze.High
	}
	return graded(b.packets > 0, analyze.Medium, analyze.Low) // of packets that are not counted nothing is known
}

func graded(worse bool, then, otherwise analyze.Severity) analyze.Severity {
	if worse {
		return then
	}
	return otherwise
}

func worse(a, b analyze.Severity) analyze.Severity {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
}

// confidence is lower when nothing was blocked yet, and low when no request
// comes to any of the rules.
func confidence(blocks []*block) float64 {
	best := 0.0
	for _, b := range blocks {
		c := 0.95
		switch {
		case b.unused != "":
			c = 0.4
		case redirects(b.rule.Target):
			c = 0.6
		case b.counted && b.packets == 0:
			c = 0.7
		}
		if len(b.against) > 0 {
			c -= 0.1
		}
		best = max(best, c)
	}
	return best
}

// explains names what fails because of the blocks: calls of pods, and when
// root is kept away those of the node itself. A rule that no request comes to, or
// came to so far, explains nothing.
func explains(blocks []*block) []string {
	var out []string
	for _, b := range blocks {
		if b.ip != imds4 || b.unused != "" || b.host != most && b.counted && b.packets == 0 {
			continue
		}
		if len(out) == 0 {
			out = []string{"imds.unreachable_from_pod", "aws.creds.no_providers", "csi.ebs.metadata_unavailable"}
		}
		if redirects(b.rule.Target) && !slices.Contains(out, "imds.role_not_found") {
			out = append(out, "imds.role_not_found") // 404 is also what an agent says that has no role for a pod
		}
		if b.host == most && !redirects(b.rule.Target) {
			return append(out, "state.imds.unreachable_from_host", "nodeadm.imds.error", "cloudinit.datasource_error", "cni.ipamd.imds_error",
				"cni.awsnode.init_failed@*IMDS*", "kubelet.image.credential_provider_failed", "containerd.cni.not_initialized")
		}
	}
	return out
}

// String says what the rule does: "OUTPUT of table filter rejects tcp port 80
// to 169.254.169.254 for user 0 (20 packets so far)".
func (b *block) String() string {
	r := &b.rule
	var s strings.Builder
	fmt.Fprintf(&s, "%s of table %s %s %s", r.Chain, r.Table, verb(r.Target), what(r))
	switch {
	case !r.Dst.Any():
		fmt.Fprintf(&s, " to %s", destination(r.Dst))
	case !r.Src.Any():
		fmt.Fprintf(&s, " from %s", destination(r.Src))
	}
	if o := owner(r); o != "" {
		fmt.Fprintf(&s, " for %s", o)
	}
	if redirects(r.Target) && r.TargetArgs != "" {
		fmt.Fprintf(&s, " (%s)", r.TargetArgs)
	}
	var notes []string
	if b.unused != "" {
		notes = append(notes, b.unused)
	} else if who := b.who(); who != "" {
		notes = append(notes, who)
	}
	for _, p := range b.partial {
		notes = append(notes, "only "+p)
	}
	notes = append(notes, b.against...)
	if b.counted {
		notes = append(notes, fmt.Sprintf("%d packets so far", b.packets))
	}
	return s.String() + " (" + strings.Join(notes, ", ") + ")"
}

// who names the senders that the rule stops.
func (b *block) who() string {
	switch {
	case b.host == most && b.pods == most:
		return "the node and all pods"
	case b.host == most && owner(&b.rule) != "":
		return "root of the node among them"
	case b.host == most:
		return "the node, root included"
	case b.pods == most:
		return "all pods"
	case b.host == some && owner(&b.rule) != "":
		return "only these users of the node"
	}
	return ""
}

func verb(target string) string {
	switch target {
	case "REJECT":
		return "rejects"
	case "DROP":
		return "drops"
	}
	return "redirects"
}

// what names the packets: "tcp port 80", "everything".
func what(r *iptables.Rule) string {
	port := r.DstPorts
	if r.Dst.Any() && !r.Src.Any() {
		port = r.SrcPorts
	}
	switch {
	case port.Text != "" && port.Not:
		return cmp.Or(r.Proto, "traffic") + " except port " + port.Text
	case port.Text != "":
		return cmp.Or(r.Proto, "traffic") + " port " + port.Text
	case r.Proto != "" && !r.NotProto:
		return r.Proto
	}
	return "everything"
}

func destination(a iptables.Addr) string {
	if a.Not {
		return "all but " + a.Text
	}
	return strings.TrimSuffix(strings.TrimSuffix(a.Text, "/32"), "/128")
}

// owner names the users of a rule: "user 0", "all but user 0".
func owner(r *iptables.Rule) string {
	if r.Owner == nil {
		return ""
	}
	var parts []string
	add := func(kind, ids string, not bool) {
		switch {
		case ids == "":
		case not:
			parts = append(parts, "all but "+kind+" "+ids)
		default:
			parts = append(parts, kind+" "+ids)
		}
	}
	add("user", r.Owner.UID, r.Owner.NotUID)
	add("group", r.Owner.GID, r.Owner.NotGID)
	return strings.Join(parts, " and ")
}

// redirects reports a target that sends packets elsewhere: to an agent such as
// kube2iam or kiam, which then answers in place of the service.
func redirects(target string) bool {
	return target == "DNAT" || target == "REDIRECT" || target == "TPROXY"
}
