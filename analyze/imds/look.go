package imds

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
)

// A look is what the judges of the classes look at.
type look struct {
	*Bundle
	options *Options // nil if not known
	why     string   // why not, or how sure they are
	host    Reach
	pods    []Pod
	local   *Pod // failed calls of programs of the node itself; nil for none
	quiet   []string
	makers  []Maker
	callers []Caller
	trace   *Trace
	packets *packets
	notes   []string
}

func newLook(b *Bundle) (*look, error) {
	l := &look{Bundle: b}
	// A file that has all options comes before one that was cut down by a query.
	l.options, l.why = Find(b.Node, b.Facts, "all metadata options", func(m *ec2.MetadataOptions) bool { return m.Endpoint != "" && m.Tokens != "" && m.HopLimit > 0 })
	if l.options == nil {
		l.options, l.why = Find(b.Node, b.Facts, "metadata options", func(m *ec2.MetadataOptions) bool { return m.Line > 0 || m.Tokens != "" || m.HopLimit > 0 })
	}
	networks := NewNetworks(b.Node, b.Facts)
	l.pods, l.local = Fails(b.Calls, networks, b.Made)
	var more int
	if l.quiet, more = networks.quiet(l.pods); more > 0 {
		l.notes = append(l.notes, fmt.Sprintf("%d more pods have no failed calls", more))
	}
	var err error
	if l.trace, err = ReadTrace(b.Files, b.Facts, b.Lines); err != nil {
		return nil, err
	}
	l.callers = l.trace.Callers
	if l.packets, err = capture(b.Facts, b.Files, b.Lines); err != nil {
		return nil, err
	}
	var notes []string
	l.makers, notes = Makers(b.Node, b.Facts, l.options)
	l.notes = append(l.notes, notes...)
	l.reach()
	l.passing()
	if more := len(l.pods) - maxPods; more > 0 {
		l.pods = l.pods[:maxPods]
		l.notes = append(l.notes, fmt.Sprintf("%d more pods have failed calls", more))
	}
	if strings.HasPrefix(b.Node.InstanceID, "mi-") {
		l.notes = append(l.notes, "a hybrid node has no instance metadata service: programs that ask it must be told their region, and get their role another way")
	}
	if l.options != nil && l.options.IPv6 == "disabled" && slices.ContainsFunc(b.Calls, func(c Call) bool { return strings.Contains(c.Text, "[fd00:ec2::254]") }) {
		l.notes = append(l.notes, "calls go to [fd00:ec2::254], and HttpProtocolIpv6 is disabled: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE of the program says IPv6")
	}
	for _, s := range []string{l.why, l.trace.Note} {
		if s != "" {
			l.notes = append(l.notes, s)
		}
	}
	return l, nil
}

// maxPods bounds the pods that are named as failing.
const maxPods = 200

// reach says how programs of the node fare: the collector asks the service, and
// writes its answers into files.
func (l *look) reach() {
	l.host = Reach{Says: NotKnown, Point: Point{Text: "no answer of the service, and no failed call, is on record"}}
	if f := l.finding("state.imds.unreachable_from_host"); f != nil {
		l.host = Reach{Failed, Point{"the collector got no answer", f.At}}
		return
	}
	for _, f := range l.Facts {
		if v, ok := f.Value.(*instance.Identity); ok && !strings.HasPrefix(v.Value, "mi-") {
			l.host = Reach{Answered, Point{"the collector got an answer", []Place{{f.File.Path, v.Line}}}}
			return
		}
	}
	if l.local != nil && l.local.keeps() {
		l.host = Reach{Failed, Point{"calls of programs of the node failed", l.local.At}}
	}
}

// passing notes failed calls that were over soon: they prove nothing.
func (l *look) passing() {
	n := 0
	for i := range l.pods {
		if !l.pods[i].Lasting {
			n += l.pods[i].Count
		}
	}
	if l.local != nil && !l.local.keeps() {
		n += l.local.Count
	}
	if n > 0 {
		l.notes = append(l.notes, fmt.Sprintf("%s no further: the program went on, or its rule takes it for passing", words.Count(n, "failed call goes", "failed calls go")))
	}
}

// finding returns the finding of a rule, nil for none.
func (l *look) finding(rule string) *Finding {
	for i := range l.Findings {
		if l.Findings[i].Rule == rule {
			return &l.Findings[i]
		}
	}
	return nil
}

// fails reports whether there are calls that fail, beyond those that were over
// soon.
func (l *look) fails() bool {
	return l.host.Says == Failed || l.local != nil && l.local.keeps() || len(l.sick()) > 0
}

// sick are the pods whose calls keep failing. Where no line names the service
// another reason is as likely, so those do not count.
func (l *look) sick() (out []*Pod) {
	for i := range l.pods {
		if p := &l.pods[i]; p.Lasting && !p.Indirect {
			out = append(out, p)
		}
	}
	return out
}

// vague are the pods that lack what the service gives, and do not name it.
func (l *look) vague() []*Pod {
	return Vague(l.pods, func(file string) bool { return l.Denied[file] })
}

// classed are the rules and checks whose findings are about a class.
var classed = map[Class][]string{
	Disabled:   {"state.imds.endpoint_disabled", "imds.http_403"},
	Blocked:    {"state.imds.iptables_block", "imds.policy_denied"},
	NoProfile:  {"state.imds.no_profile", "imds.role_not_found"},
	HopLimit:   {"state.imds.hop_limit"},
	Proxy:      {"state.imds.proxy_no_proxy"},
	SDKVersion: {"state.imds.tokens_required", "imds.http_401", "state.imds.v1_callers"},
	Throttled:  {"state.ena.linklocal_allowance_exceeded"},
}

// symptoms are those that any class can cause.
var symptoms = []string{"state.imds.unreachable_from_host", "imds.unreachable_from_pod", "cni.ipamd.imds_error", "nodeadm.imds.error", "cloudinit.datasource_error", "imds.http_401", "imds.http_403"}

// others are the findings that explain failing calls and are of no class.
func (l *look) others() (ids []string) {
	own := map[string]bool{}
	for _, f := range l.Findings {
		own[f.ID] = slices.Contains(symptoms, f.Rule)
		for _, rules := range classed {
			own[f.ID] = own[f.ID] || slices.Contains(rules, f.Rule)
		}
	}
	for _, f := range l.Findings {
		if !slices.Contains(symptoms, f.Rule) {
			continue
		}
		for _, id := range f.ExplainedBy {
			if !own[id] && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// titles names findings.
func (l *look) titles(ids []string) string {
	var out []string
	for _, id := range ids[:min(len(ids), maxNames)] {
		for _, f := range l.Findings {
			if f.ID == id {
				out = append(out, f.Title+" ("+id+")")
			}
		}
	}
	return strings.Join(out, ", ")
}

// ids are the findings of a class and those that can follow from it.
func (l *look) ids(c Class) []string {
	var out []string
	causes := classed[c]
	if c == Blocked && len(dropped(l.Facts)) > 0 {
		causes = append([]string{"state.route.blackhole"}, causes...)
	}
	for _, rules := range [][]string{causes, symptoms} {
		for _, f := range l.Findings {
			if slices.Contains(rules, f.Rule) && !slices.Contains(out, f.ID) && (c != "" || f.Rank > 1) {
				out = append(out, f.ID)
			}
		}
	}
	return out
}

// roles are the ways to credentials without the service that the node has.
func (l *look) roles() (out []Point) {
	for _, f := range l.Files {
		if name := index.Info(f).Pod; strings.HasPrefix(name, "eks-pod-identity-agent-") {
			out = append(out, Point{"the agent of EKS Pod Identity runs here", []Place{{File: f.Path}}})
			break
		}
	}
	for _, f := range l.Facts {
		v, ok := f.Value.(*cnienv.Containers)
		if !ok || v.Latest() == nil {
			continue
		}
		for _, e := range v.Latest().Env {
			switch e.Name {
			case "AWS_WEB_IDENTITY_TOKEN_FILE":
				out = append(out, Point{"aws-node has a role of its own through IRSA", []Place{{f.File.Path, e.Line}}})
			case "AWS_CONTAINER_CREDENTIALS_FULL_URI":
				out = append(out, Point{"aws-node has a role of its own through EKS Pod Identity", []Place{{f.File.Path, e.Line}}})
			}
		}
	}
	return out
}

var (
	instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}$`)
)

// Modify is the command that sets metadata options of an instance. What comes
// from a bundle gets into it only if it is what it should be.
func Modify(id, region, options string) string {
	if !instanceID.MatchString(id) {
		id = "INSTANCE-ID"
	}
	if !regionName.MatchString(region) {
		return fmt.Sprintf("aws ec2 modify-instance-metadata-options --instance-id %s %s", id, options)
	}
	return fmt.Sprintf("aws ec2 modify-instance-metadata-options --region %s --instance-id %s %s", region, id, options)
}
