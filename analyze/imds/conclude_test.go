package imds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

const self = "i-07c3d9ab1e4f301ef"

// A bundle is what is concluded from, in few words.
type bundle struct {
	t *testing.T
	imds.Bundle
	outcomes map[string]string
}

func newBundle(t *testing.T) *bundle {
	b := &bundle{t: t, outcomes: map[string]string{}}
	b.Node, b.Instance = &side.Node{InstanceID: self}, self
	b.Outcome = func(id string) (string, string) { return b.outcomes[id], "looked at" }
	b.Lines = func(*index.File, int, func(int, []byte) bool) error { return nil }
	return b
}

// fact adds a decoded file.
func (b *bundle) fact(path string, v any, err error) *bundle {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	b.Facts = append(b.Facts, index.Fact{File: &index.File{Path: path}, Value: v})
	return b
}

// options adds the output of describe-instances.
func (b *bundle) options(endpoint, tokens string, hops int) *bundle {
	text := fmt.Sprintf(`[{"InstanceId": %q, "HttpEndpoint": %q, "HttpTokens": %q, "HttpPutResponseHopLimit": %d}]`, self, endpoint, tokens, hops)
	v, err := ec2.Parse("describe-instances.json", []byte(text))
	return b.fact("describe-instances.json", v, err)
}

// answered adds the answer that the collector got.
func (b *bundle) answered() *bundle {
	v, err := instance.Parse("system/region.txt", []byte("us-west-2\n"))
	return b.fact("system/region.txt", v, err)
}

// fails adds calls of a pod that fail to the end of its log.
func (b *bundle) fails(pod, rule, text string) *bundle {
	path := "var_log/shop_" + pod + "_3d1f9ab2-5c0e-4a77-9a57-0b6c42d51e90/app/0.log"
	file := &index.File{Path: path, Lines: 5}
	for n := 1; n <= 5; n++ {
		at := time.Date(2026, 11, 21, 0, 10+n, 0, 0, time.UTC)
		b.Calls = append(b.Calls, imds.Call{Rule: rule, At: parsers.Pos{File: path, Line: n}, Time: at, Text: text, File: file})
	}
	return b
}

// found adds a finding.
func (b *bundle) found(rule string, rank, count int, entities map[string][]string) *bundle {
	b.outcomes[rule] = "found"
	b.Findings = append(b.Findings, imds.Finding{
		ID: fmt.Sprintf("F-%03d", len(b.Findings)+1), Rule: rule, Summary: rule + " was found. Why it matters.", Rank: rank, Count: count,
		Confidence: 0.9, Entities: entities, At: []imds.Place{{File: "networking/x.txt", Line: 1}},
	})
	return b
}

// want compares what is concluded: the state, the class and what some classes
// say: "failing hop_limit, sdk_version no-sign".
func (b *bundle) want(want string) *imds.Conclusion {
	b.t.Helper()
	c, err := imds.Conclude(&b.Bundle)
	if err != nil {
		b.t.Fatal(err)
	}
	parts := strings.Split(want, ", ")
	if got := strings.TrimSpace(string(c.State) + " " + string(c.Class)); got != parts[0] {
		b.t.Errorf("concluded %q (%s), want %q", got, c.Detail, parts[0])
	}
	for _, p := range parts[1:] {
		class, says, _ := strings.Cut(p, " ")
		if j := c.Judged(imds.Class(class)); string(j.Says) != says {
			b.t.Errorf("%s: %s is %s (%s), want %s", want, class, j.Says, j.Text, says)
		}
	}
	if (c.Class != "") != (c.Confidence > 0) || c.Confidence > 1 {
		b.t.Errorf("%s: confidence %v", want, c.Confidence)
	}
	for _, j := range c.Classes {
		if j.Text == "" || j.Says == imds.Unjudged && j.Needs == "" {
			b.t.Errorf("%s: %s says nothing: %+v", want, j.Class, j)
		}
	}
	return c
}

// The words of the SDKs.
const (
	timeout = "operation error ec2imds: GetMetadata, canceled, context deadline exceeded"
	dial    = "dial tcp 169.254.169.254:80: i/o timeout"
	tokens  = "EC2MetadataError: failed to make EC2Metadata request\n\n\tstatus code: 401, request id: "
	old     = "401 Client Error: Unauthorized for url: http://169.254.169.254/latest/meta-data/"
	none    = "no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404, request to EC2 IMDS failed"
	forbid  = "operation error ec2imds: GetMetadata, http response error StatusCode: 403, request to EC2 IMDS failed"
	noRole  = "NoCredentialProviders: no valid providers in chain"
	silent  = "imds.unreachable_from_pod"
	refused = "imds.http_401"
)

// Nothing is concluded from silence.
func TestConclude_silence(t *testing.T) {
	c := newBundle(t).want("unknown, disabled unjudged, blocked unjudged, no_profile unjudged, hop_limit unjudged, proxy unjudged, sdk_version unjudged, throttled unjudged")
	if len(c.Actions) > 0 {
		t.Errorf("actions without a problem: %q", c.Actions)
	}
	newBundle(t).answered().want("working, disabled ruled-out, hop_limit unjudged, sdk_version unjudged")
	newBundle(t).answered().options("enabled", "required", 1).want("working, hop_limit latent, sdk_version no-sign")
	newBundle(t).options("enabled", "required", 1).want("unknown, hop_limit latent")
}

// Of two files about the instance the one with all options counts.
func TestConclude_options(t *testing.T) {
	v, err := ec2.Parse("a.json", []byte(`[{"InstanceId": "`+self+`", "HttpTokens": "required"}]`))
	b := newBundle(t).answered().fact("a.json", v, err)
	if c := b.want("working, hop_limit unjudged, sdk_version no-sign"); c.Options == nil || c.Options.Tokens != "required" {
		t.Errorf("Options = %+v", c.Options)
	}
	if c := b.options("enabled", "required", 2).want("working, hop_limit ruled-out"); c.Options.HopLimit != 2 || !c.Options.Sure {
		t.Errorf("Options = %+v", c.Options)
	}
	v, err = ec2.Parse("b.json", []byte(`[{"InstanceId": "i-0aaaabbbbccccdddd", "HttpEndpoint": "disabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}]`))
	if c := newBundle(t).answered().fact("b.json", v, err).want("working, disabled ruled-out, hop_limit unjudged"); c.Options != nil {
		t.Errorf("options of another instance: %+v", c.Options)
	}
}

// A full connection table keeps programs from the service, too, and is of no
// class.
func TestConclude_otherCause(t *testing.T) {
	b := newBundle(t).found("net.conntrack.full", 5, 9, nil).found("state.imds.unreachable_from_host", 4, 1, nil)
	b.Findings[0].Title, b.Findings[1].ExplainedBy = "The table is full", []string{"F-001"}
	c := b.want("failing, blocked unjudged")
	if len(c.Others) != 1 || c.Others[0] != "F-001" || !strings.Contains(c.Detail, "The table is full (F-001)") || len(c.Actions) > 0 {
		t.Errorf("others %q, %q, actions %q", c.Others, c.Detail, c.Actions)
	}
}

// A hop limit is blamed only for what it does: pods with a network of their own
// get no token, though they can connect.
func TestConclude_hopLimit(t *testing.T) {
	newBundle(t).answered().options("enabled", "required", 1).fails("web-1", silent, timeout).want("failing hop_limit, disabled ruled-out")
	newBundle(t).answered().options("enabled", "required", 1).fails("web-1", refused, tokens).want("failing hop_limit, sdk_version no-sign")
	newBundle(t).answered().options("enabled", "required", 1).fails("web-1", silent, dial).want("failing, hop_limit possible")
	newBundle(t).answered().options("enabled", "required", 2).fails("web-1", silent, timeout).want("failing, hop_limit ruled-out")
	newBundle(t).answered().options("enabled", "required", 1).fails("aws-node-qqvv9", silent, timeout).want("failing, hop_limit latent")
	newBundle(t).answered().options("disabled", "required", 1).fails("web-1", silent, timeout).want("failing, hop_limit no-sign, disabled latent")
	newBundle(t).answered().options("enabled", "required", 1).fails("web-1", "aws.creds.no_providers", noRole).want("working, hop_limit possible")
	b := newBundle(t).answered().options("enabled", "required", 1).fails("web-1", "aws.creds.no_providers", noRole)
	b.Denied = map[string]bool{b.Calls[0].At.File: true} // IRSA refused it
	b.want("working, hop_limit latent")

	c := newBundle(t).answered().fails("web-1", silent, timeout).want("failing, hop_limit possible, sdk_version unjudged")
	if len(c.Actions) == 0 || !strings.Contains(c.Actions[0].Text, "describe-instances") {
		t.Errorf("no word of what would decide: %q", c.Actions)
	}
	c = newBundle(t).answered().options("enabled", "required", 1).fails("web-1", silent, timeout).want("failing hop_limit")
	first, last := -1, -1
	for i, a := range c.Actions {
		if strings.Contains(a.Text, "IRSA or EKS Pod Identity") {
			first = i
		}
		if strings.Contains(a.Text, "--instance-id "+self+" --http-put-response-hop-limit 2") && strings.Contains(a.Text, "every pod") && a.Safety == imds.Yellow {
			last = i
		}
	}
	if first != 0 || last < first {
		t.Errorf("a role for the pods should come first, a limit of 2 as a stop-gap behind it: %q", c.Actions)
	}
}

// Old clients are blamed where a token would have reached them, or where they
// show that they know none.
func TestConclude_sdkVersion(t *testing.T) {
	newBundle(t).answered().options("enabled", "required", 2).fails("web-1", refused, tokens).want("failing sdk_version, hop_limit ruled-out")
	newBundle(t).answered().options("enabled", "required", 1).fails("aws-node-qqvv9", refused, tokens).want("failing sdk_version, hop_limit latent")
	newBundle(t).answered().options("enabled", "required", 1).fails("web-1", refused, old).want("failing sdk_version, hop_limit latent")
	newBundle(t).answered().options("enabled", "optional", 2).fails("web-1", refused, tokens).want("failing, sdk_version ruled-out")
	newBundle(t).answered().fails("web-1", refused, tokens).want("failing, sdk_version possible, hop_limit possible")
}

// A disabled endpoint is a problem where something fails for it. What runs goes
// on for hours with the credentials that it has.
func TestConclude_disabled(t *testing.T) {
	newBundle(t).options("disabled", "required", 2).fails("web-1", "imds.http_403", forbid).want("failing disabled")
	newBundle(t).options("disabled", "required", 2).want("unknown, disabled latent")
	newBundle(t).answered().options("disabled", "required", 2).want("working, disabled latent")
	newBundle(t).fails("web-1", "imds.http_403", forbid).want("failing, disabled possible, hop_limit unjudged")
}

func TestConclude_blocked(t *testing.T) {
	ip := map[string][]string{"ip": {"169.254.169.254"}}
	newBundle(t).options("enabled", "required", 1).found("state.imds.iptables_block", 5, 1, ip).found("state.imds.unreachable_from_host", 4, 1, nil).
		fails("web-1", silent, dial).want("failing blocked, hop_limit possible")
	newBundle(t).answered().found("state.imds.iptables_block", 4, 1, ip).want("working, blocked possible")
	// kiam and kube2iam: a 404 is theirs.
	newBundle(t).answered().found("state.imds.iptables_block", 3, 1, ip).found("imds.role_not_found", 4, 5, nil).
		fails("web-1", "imds.role_not_found", none).want("failing blocked, no_profile possible")
	newBundle(t).answered().found("state.imds.iptables_block", 3, 1, ip).want("working, blocked latent")
	// A rule that only keeps pods away is no agent.
	rules, err := iptables.Parse("networking/x.txt", []byte("*filter\n-A FORWARD -d 169.254.169.254/32 -i eni+ -j DROP\nCOMMIT\n"))
	if err != nil || len(rules.Rules) != 1 {
		t.Fatalf("%v, %v", rules, err)
	}
	rules.Rules[0].Line = 1 // which found cites
	newBundle(t).answered().fact("networking/x.txt", rules, err).found("state.imds.iptables_block", 3, 1, ip).want("working, blocked latent")
	newBundle(t).answered().fact("networking/x.txt", rules, err).found("state.imds.iptables_block", 3, 1, ip).
		fails("web-1", silent, dial).want("failing, blocked possible")
	newBundle(t).answered().found("imds.policy_denied", 1, 3, nil).want("working, blocked latent")
	newBundle(t).answered().options("enabled", "required", 2).found("imds.policy_denied", 1, 3, nil).fails("web-1", silent, dial).want("failing blocked")

	routes, err := iproute2.ParseRoutes("networking/iproute.txt", []byte("default via 10.0.0.1 dev ens5 \nblackhole 169.254.169.254 \n"))
	newBundle(t).answered().fact("networking/iproute.txt", routes, err).fails("web-1", silent, dial).want("failing blocked")
	routes, err = iproute2.ParseRoutes("networking/iproute.txt", []byte("blackhole 169.254.0.0/16 \n169.254.169.254 dev ens5 \n"))
	newBundle(t).answered().fact("networking/iproute.txt", routes, err).fails("web-1", silent, dial).want("failing, blocked unjudged")
	var flows strings.Builder
	for port := range 4 {
		fmt.Fprintf(&flows, "tcp      6 118 SYN_SENT src=10.0.5.60 dst=169.254.169.254 sport=4460%d dport=80 [UNREPLIED] src=169.254.169.254 dst=10.0.12.34 sport=80 dport=4460%d mark=0 use=1\n", port, port)
	}
	table, err := conntrack.Parse("networking/conntrack.txt", []byte("*** Output of conntrack -L *** \n"+flows.String()))
	newBundle(t).answered().fact("networking/conntrack.txt", table, err).fails("web-1", silent, dial).want("failing, blocked possible")
}

func TestConclude_others(t *testing.T) {
	newBundle(t).answered().found("imds.role_not_found", 4, 5, nil).fails("web-1", "imds.role_not_found", none).want("failing no_profile")
	newBundle(t).answered().found("state.imds.no_profile", 3, 1, nil).want("working, no_profile latent")
	newBundle(t).answered().found("state.imds.proxy_no_proxy", 4, 1, map[string][]string{"process": {"kubelet"}}).want("working, proxy possible")
	newBundle(t).answered().found("state.imds.proxy_no_proxy", 4, 1, map[string][]string{"process": {"kubelet"}}).
		found("kubelet.image.credential_provider_failed", 4, 9, nil).want("failing proxy")
	newBundle(t).answered().found("state.ena.linklocal_allowance_exceeded", 4, 48213, nil).fails("web-1", silent, timeout).want("failing throttled")
	newBundle(t).answered().found("state.ena.linklocal_allowance_exceeded", 4, 7, nil).fails("web-1", silent, timeout).want("failing, throttled possible")
	newBundle(t).answered().found("state.ena.linklocal_allowance_exceeded", 2, 48213, nil).want("working, throttled no-sign")
	newBundle(t).answered().options("enabled", "required", 1).found("state.ena.linklocal_allowance_exceeded", 4, 48213, nil).fails("web-1", silent, timeout).
		want("failing hop_limit, throttled contributing")
}
