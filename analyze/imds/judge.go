package imds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// judges says of each class what became of it.
var judges = map[Class]func(*look) Judged{
	Disabled: (*look).disabled, Blocked: (*look).blocked, NoProfile: (*look).noProfile, HopLimit: (*look).hopLimit,
	Proxy: (*look).proxy, SDKVersion: (*look).sdkVersion, Throttled: (*look).throttled,
}

// describe is the side input that most classes want.
const describe = "the whole output of aws ec2 describe-instances for this instance"

// disabled: the options say it. An answer to the collector shows the contrary,
// a 403 is what a disabled endpoint says.
func (l *look) disabled() Judged {
	var j Judged
	refused := l.with(Status403)
	for _, p := range refused {
		j.For = append(j.For, Point{who(p) + " got 403, which a disabled endpoint says", p.At})
	}
	if l.host.Says == Answered {
		j.Against = append(j.Against, l.host.Point)
	}
	o := l.options
	switch {
	case o == nil || o.Endpoint == "":
		j.Needs = describe
		switch {
		case l.host.Says == Answered:
			j.Says, j.Text, j.Needs = RuledOut, "the service answered the collector", ""
		case len(refused) > 0:
			j.Says, j.Confidence, j.Text = Possible, 0.5, "calls got 403"
		default:
			j.Says, j.Text = Unjudged, "HttpEndpoint is not known"
		}
	case o.Endpoint != "disabled":
		j.Says, j.Text = RuledOut, "HttpEndpoint is "+o.Endpoint
		j.Against = append(j.Against, Point{j.Text, places(o.At(o.EndpointLine))})
	case l.fails() && l.host.Says != Answered:
		j.Says, j.Confidence, j.Text = Root, o.Trust(0.95), "HttpEndpoint is disabled: the service answers nobody on the instance"
		j.For = append(j.For, Point{"HttpEndpoint is disabled", places(o.At(o.EndpointLine))})
	default:
		j.Says, j.Text = Latent, "HttpEndpoint is disabled, and nothing on record fails for it: meant so, or credentials from before have not run out"
		j.For = append(j.For, Point{"HttpEndpoint is disabled", places(o.At(o.EndpointLine))})
	}
	return j
}

// blocked: rules of the packet filter keep calls away, or pass them to an agent
// as kiam and kube2iam do; or the network policy agent denied them.
func (l *look) blocked() Judged {
	var j Judged
	denied := l.finding("imds.policy_denied")
	if denied != nil {
		j.For = append(j.For, Point{"network policies denied connections to the service", denied.At})
	}
	silent := append(l.packets.unanswered, unreplied(l.Facts)...)
	gone := dropped(l.Facts)
	j.For = append(append(j.For, silent...), gone...)
	f := l.rule("state.imds.iptables_block", "169.254.169.254")
	outcome, note := l.Outcome("state.imds.iptables_block")
	switch {
	case f != nil && f.Rank >= 4 && l.fails():
		j.Says, j.Confidence = Root, f.Confidence
	case f != nil && f.Rank >= 4:
		j.Says, j.Confidence = Possible, 0.5
	case f != nil && f.Rank == 3 && l.drops(f) && len(l.sick()) > 0:
		j.Says, j.Confidence = Possible, 0.4 // nothing shows that its packets are those of the programs that fail
	case f != nil && f.Rank == 3 && len(l.sick()) > 0:
		j.Says, j.Confidence = Root, f.Confidence // an agent answers in place of the service
	case f != nil && f.Rank == 3:
		j.Says = Latent
	case len(gone) > 0 && l.fails():
		j.Says, j.Confidence, j.Text = Root, 0.9, gone[0].Text
	case len(gone) > 0:
		j.Says, j.Confidence, j.Text = Possible, 0.5, gone[0].Text
	case denied != nil && len(l.sick()) > 0 && !l.sickOf(Status401, Status404):
		j.Says, j.Confidence, j.Text = Root, 0.7, "network policies deny pods the service"
	case denied != nil:
		j.Says, j.Text = Latent, "network policies denied some calls, which is what policies are for"
	case outcome == "found":
		j.Says, j.Text = NoSign, "rules name the service, and nothing shows that they keep a program from it"
	case len(silent) > 0:
		j.Says, j.Confidence, j.Text = Possible, 0.4, silent[0].Text+", and no packet filter rule shows why"
		j.Needs = "networking/iptables-save.txt, and the network policies of the cluster"
	case outcome == "clear":
		j.Says, j.Text = RuledOut, "no packet filter rule is in the way: "+note
		j.Against = append(j.Against, Point{Text: note})
		j.Needs = "network policies of the cluster, if pods have any (kubectl get networkpolicies -A): their denials are in network-policy-agent.log only if it writes them"
	default:
		j.Says, j.Text, j.Needs = Unjudged, "packet filter rules were not seen whole", "networking/iptables-save.txt"
	}
	if f != nil && j.Text == "" {
		j.Text = first(f.Summary)
		j.For = append(j.For, Point{j.Text, f.At})
	}
	return j
}

// noProfile: the service has no role to give. Where an agent answers in its
// place, a 404 is the agent's.
func (l *look) noProfile() Judged {
	var j Judged
	missing, state := l.finding("imds.role_not_found"), l.finding("state.imds.no_profile")
	outcome, note := l.Outcome("state.imds.no_profile")
	agent := l.rule("state.imds.iptables_block", "169.254.169.254")
	if missing != nil {
		j.For = append(j.For, Point{"the service answered 404 to calls for the role", missing.At})
	}
	if state != nil {
		j.For = append(j.For, Point{first(state.Summary), state.At})
	}
	switch {
	case outcome == "clear":
		j.Says, j.Text = RuledOut, note
		j.Against = append(j.Against, Point{Text: note})
		if missing != nil {
			j.Says, j.Confidence, j.Text = Possible, 0.4, "calls for the role got 404 and the instance has a profile now: it was attached later, or the profile has no role"
			j.Needs = "aws iam get-instance-profile"
		}
	case missing != nil && agent != nil && agent.Rank == 3 && !l.drops(agent):
		j.Says, j.Confidence, j.Text = Possible, 0.3, "calls for the role got 404, perhaps from the agent that rules pass them to"
		j.Needs = describe
	case missing != nil:
		j.Says, j.Confidence, j.Text = Root, min(missing.Confidence, 0.9), "the service answers that the instance has no role"
	case state != nil:
		j.Says, j.Text = Latent, "the instance has no profile, and no call on record fails for it"
	default:
		j.Says, j.Text, j.Needs = Unjudged, "the profile of the instance is not known, and no line tells of a missing role", describe
	}
	return j
}

// hopLimit: the limit is 1, and pods with a network of their own fail while the
// node does not. A capture shows it without the options.
func (l *look) hopLimit() Judged {
	var j Judged
	j.For = append(j.For, l.packets.expired...)
	hurt := Behind(l.pods)
	for _, p := range hurt {
		j.For = append(j.For, Point{who(p) + " fails: " + kindsOf(p), p.At})
	}
	j.Against = append(j.Against, l.trace.Tokens...)
	if l.host.Says == Failed {
		j.Against = append(j.Against, Point{"the node itself fails, which no hop limit can cause: " + l.host.Point.Text, l.host.Point.At})
	}
	o := l.options
	switch {
	case (o == nil || o.HopLimit == 0) && len(l.packets.expired) > 0:
		j.Says, j.Confidence, j.Text = Root, 0.85, "answers of the service had no hops left for pods"
	case (o == nil || o.HopLimit == 0) && len(hurt) > 0 && l.host.Says == Answered:
		j.Says, j.Confidence, j.Needs = Possible, 0.6, describe
		j.Text = "pods fail and the node does not, which a hop limit of 1 does"
	case o == nil || o.HopLimit == 0:
		j.Says, j.Text, j.Needs = Unjudged, "HttpPutResponseHopLimit is not known", describe
	case o.HopLimit == 2 && len(hurt) > 0 && !Unconnected(hurt) && Further(l.Facts).Text != "":
		j.Says, j.Confidence = Root, o.Trust(0.6)
		j.Text = "HttpPutResponseHopLimit is 2, and pods are further away: " + Further(l.Facts).Text
		j.For = append(j.For, Point{"HttpPutResponseHopLimit is 2", places(o.At(o.HopLimitLine))}, Further(l.Facts))
	case o.HopLimit > 1:
		j.Says, j.Text = RuledOut, fmt.Sprintf("HttpPutResponseHopLimit is %d", o.HopLimit)
		j.Against = append(j.Against, Point{j.Text, places(o.At(o.HopLimitLine))})
	default:
		l.limited(&j, hurt)
	}
	return j
}

// limited judges a limit of 1.
func (l *look) limited(j *Judged, hurt []*Pod) {
	o := l.options
	j.For = append([]Point{{"HttpPutResponseHopLimit is 1", places(o.At(o.HopLimitLine))}}, j.For...)
	j.Confidence = o.Trust(0.9)
	switch {
	case o.Endpoint == "disabled":
		j.Says, j.Confidence, j.Text = NoSign, 0, "HttpPutResponseHopLimit is 1, and a disabled endpoint answers nobody"
	case len(hurt) == 0 && len(l.vague()) > 0:
		j.Says, j.Confidence = Possible, o.Trust(0.5)
		j.Text = "HttpPutResponseHopLimit is 1, and pods lack what the service would have given them; none of their lines names it"
		for _, p := range l.vague() {
			j.For = append(j.For, Point{who(p) + " lacks credentials or metadata", p.At})
		}
	case len(hurt) == 0:
		j.Says, j.Confidence, j.Text = Latent, 0, "HttpPutResponseHopLimit is 1, and no pod on record suffers from it: a good setting, no problem"
	case Unconnected(hurt):
		j.Says, j.Confidence = Possible, 0.3
		j.Text = "HttpPutResponseHopLimit is 1, but pods get no connection at all, and only answers with tokens are limited"
		j.Against = append(j.Against, Point{"connections fail before anything is asked", hurt[0].At})
	case l.host.Says == Failed && (l.rule("state.imds.iptables_block", "169.254.169.254") != nil || l.host.Point.At == nil):
		j.Says, j.Confidence, j.Text = Possible, 0.3, "HttpPutResponseHopLimit is 1, and programs of the node fail too"
	default:
		j.Says = Root
		j.Text = fmt.Sprintf("HttpPutResponseHopLimit is 1, so that tokens do not reach pods with a network of their own; %s", names(hurt))
		if o.Tokens == "optional" {
			j.Confidence -= 0.2
			j.Against = append(j.Against, Point{"HttpTokens is optional: SDKs that fall back to IMDSv1 are only slow", places(o.At(o.TokensLine))})
		}
		if l.host.Says == Failed {
			j.Confidence -= 0.3
		}
		if !slices.ContainsFunc(hurt, func(p *Pod) bool { return p.Network == Own }) {
			j.Confidence -= 0.05 // their network is taken for their own
		}
	}
	if len(l.trace.Tokens) > 0 && j.Says == Root {
		j.Says, j.Confidence = Possible, 0.3
	}
}

// proxy: an environment says it.
func (l *look) proxy() Judged {
	var j Judged
	f := l.finding("state.imds.proxy_no_proxy")
	outcome, note := l.Outcome("state.imds.proxy_no_proxy")
	switch {
	case f != nil:
		j.Text = first(f.Summary)
		j.For = append(j.For, Point{j.Text, f.At})
		j.Says, j.Confidence = Possible, f.Confidence-0.3
		if f.Rank >= 3 && l.proxied(f) {
			j.Says, j.Confidence = Root, f.Confidence
		}
	case outcome == "clear":
		// Only the environments of kubelet and aws-node are in a bundle.
		j.Says, j.Text = NoSign, note
		if len(l.sick()) > 0 {
			j.Needs = "the environment of the pods that fail (kubectl get pod -o yaml: HTTP_PROXY, NO_PROXY)"
		}
	default:
		j.Says, j.Text, j.Needs = Unjudged, "the environment of no program is known", "kubelet/kubelet_service.txt or the environment of aws-node"
	}
	return j
}

// proxied reports whether calls of the program fail that has the proxy.
func (l *look) proxied(f *Finding) bool {
	for _, process := range f.Entities["process"] {
		switch {
		case process == "kubelet" && l.finding("kubelet.image.credential_provider_failed") != nil:
			return true
		case process == "aws-node" && (l.local != nil && l.local.keeps() || slices.ContainsFunc(l.sick(), func(p *Pod) bool { return strings.Contains(p.Pod, "aws-node") })):
			return true
		}
	}
	return false
}

// sdkVersion: programs get 401 where a token is required. Those behind a hop
// limit of 1 get it too: their SDK asks for a token, waits in vain, and falls
// back to a call without one.
func (l *look) sdkVersion() Judged {
	var j Judged
	o := l.options
	got := l.with(Status401)
	tokenless := Tokenless(l.pods, l.local, l.limitsPods())
	for _, p := range got {
		j.For = append(j.For, Point{who(p) + " got 401", p.At})
	}
	for i := range l.callers[:min(len(l.callers), fewAgents)] {
		c := &l.callers[i]
		j.For = append(j.For, Point{fmt.Sprintf("%s called %s without a token", c, words.Count(c.Count, "time", "times")), c.At})
	}
	switch {
	case o != nil && o.Tokens == "optional":
		j.Says, j.Text = RuledOut, "HttpTokens is optional"
		j.Against = append(j.Against, Point{j.Text, places(o.At(o.TokensLine))})
		if len(l.callers) > 0 {
			j.Says, j.Text = Latent, fmt.Sprintf("HttpTokens is optional; once it is required, calls of %s get 401", l.tokenless())
		}
	case o == nil || o.Tokens == "":
		j.Says, j.Text, j.Needs = Unjudged, "HttpTokens is not known", describe
		if len(got) > 0 {
			j.Says, j.Confidence, j.Text = Possible, 0.4, "calls got 401: the program knows no tokens, or a hop limit of 1 keeps them from it"
		}
	case len(tokenless) > 0 || l.rejected():
		j.Says, j.Confidence, j.Text = Root, o.Trust(0.85), "HttpTokens is required, and programs call without a token: "+l.oldOnes(tokenless)
		j.For = append(j.For, Point{"HttpTokens is required", places(o.At(o.TokensLine))})
		if len(tokenless) == 0 {
			j.Confidence = o.Trust(0.6)
			j.Against = append(j.Against, Point{Text: "the trace shows calls and not their answers, and may be older than the setting"})
		}
	case len(got) > 0:
		j.Says, j.Text = NoSign, "the 401s are of pods that a hop limit of 1 keeps from a token; whether their SDKs know tokens shows only without it"
	default:
		j.Says, j.Text = NoSign, "HttpTokens is required, and no line tells of a call without a token"
	}
	return j
}

// limitsPods reports whether a hop limit of 1 is known, or likely.
func (l *look) limitsPods() bool {
	return l.options != nil && l.options.HopLimit == 1 || len(l.packets.expired) > 0
}

// rejected reports programs that call again and again without a token where the
// hop limit is no reason for it: those of the node, or any with a higher limit.
// A call or two is somebody who tries.
func (l *look) rejected() bool {
	return slices.ContainsFunc(l.callers, func(c Caller) bool { return c.Breaks && c.Count >= enough && (c.OnHost || !l.limitsPods()) })
}

// oldOnes names who calls without a token.
func (l *look) oldOnes(pods []*Pod) string {
	if len(pods) > 0 {
		return names(pods)
	}
	return l.tokenless()
}

// tokenless names the programs that call without a token.
func (l *look) tokenless() string {
	var out []string
	for i := range l.callers[:min(len(l.callers), fewAgents)] {
		out = append(out, l.callers[i].String())
	}
	if more := len(l.callers) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, ", ")
}

// throttled: packets to link-local services were dropped, more than a burst.
func (l *look) throttled() Judged {
	var j Judged
	f := l.finding("state.ena.linklocal_allowance_exceeded")
	outcome, note := l.Outcome("state.ena.linklocal_allowance_exceeded")
	switch {
	case f != nil && f.Rank >= 3:
		j.Text = "packets to link-local services were dropped: " + first(f.Summary)
		j.For = append(j.For, Point{j.Text, f.At})
		j.Says, j.Confidence = Root, min(f.Confidence, 0.8)
		switch {
		case f.Count < manyPackets:
			j.Says, j.Confidence = Possible, 0.2
			j.Against = append(j.Against, Point{Text: "they are few: a burst, as at the start of a node"})
		case !l.fails():
			j.Confidence = 0.5
			j.Against = append(j.Against, Point{Text: "no call of the service is known to fail; DNS and time share the allowance"})
		case l.sickOf(Status401, Status403, Status404, Refused):
			j.Says, j.Confidence = Possible, 0.3
			j.Against = append(j.Against, Point{Text: "calls got answers, which dropped packets do not"})
		}
	case f != nil:
		j.Says, j.Text = NoSign, "few packets to link-local services were dropped: "+first(f.Summary)
	case outcome == "clear":
		j.Says, j.Text = RuledOut, "no packet to link-local services was dropped"
		j.Against = append(j.Against, Point{Text: strings.TrimSpace(j.Text + " " + note)})
	default:
		j.Says, j.Text, j.Needs = Unjudged, "the counters of the interfaces are not known", "an ENA interface in networking/ethtool.txt"
	}
	return j
}

// manyPackets is how many lost packets are more than a burst.
const manyPackets = 100

// sickOf reports whether there are failing pods, and all of them fail in some
// ways only.
func (l *look) sickOf(kinds ...Kind) bool {
	sick := l.sick()
	return len(sick) > 0 && !slices.ContainsFunc(sick, func(p *Pod) bool { return !p.only(kinds...) })
}

// with are the programs that keep failing in one way.
func (l *look) with(kind Kind) (out []*Pod) {
	for _, p := range l.sick() {
		if p.has(kind) {
			out = append(out, p)
		}
	}
	if l.local != nil && l.local.keeps() && l.local.has(kind) {
		out = append(out, l.local)
	}
	return out
}

// rule returns the worst finding of a rule about an address.
func (l *look) rule(id, ip string) (worst *Finding) {
	for i := range l.Findings {
		f := &l.Findings[i]
		if f.Rule == id && slices.Contains(f.Entities["ip"], ip) && (worst == nil || f.Rank > worst.Rank) {
			worst = f
		}
	}
	return worst
}

// drops reports whether a rule that a finding cites ends the packets, and does
// not pass them to an agent.
func (l *look) drops(f *Finding) bool {
	for _, at := range f.At {
		for _, x := range l.Facts {
			set, ok := x.Value.(*iptables.Ruleset)
			if ok && x.File.Path == at.File && slices.ContainsFunc(set.Rules, func(r iptables.Rule) bool {
				return r.Line == at.Line && (r.Target == "DROP" || r.Target == "REJECT")
			}) {
				return true
			}
		}
	}
	return false
}

func who(p *Pod) string {
	if p.Pod == "" {
		return "the node"
	}
	return p.Pod
}

func kindsOf(p *Pod) string {
	var kinds []string
	for _, k := range p.Kinds {
		kinds = append(kinds, string(k))
	}
	return fmt.Sprintf("%s in %s", strings.Join(kinds, ", "), words.Count(p.Count, "line", "lines"))
}

// maxNames is how many pods a sentence names.
const maxNames = 5

func names(pods []*Pod) string {
	var out []string
	for _, p := range pods[:min(len(pods), maxNames)] {
		if !slices.Contains(out, who(p)) {
			out = append(out, who(p))
		}
	}
	s := strings.Join(out, ", ")
	if more := len(pods) - maxNames; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	if len(out) == 1 && len(pods) <= maxNames {
		return s + " fails"
	}
	return s + " fail"
}

// first is the first sentence of a summary: what this bundle shows. The rest is
// the same for all.
func first(summary string) string {
	s, _, _ := strings.Cut(summary, ". ")
	return strings.TrimSuffix(s, ".")
}
