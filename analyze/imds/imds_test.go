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
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// The kinds of failures in the words of those that write them.
func TestKindOf(t *testing.T) {
	f := func(text string, want imds.Kind) {
		t.Helper()
		if got := imds.KindOf(text); got != want {
			t.Errorf("KindOf(%q) = %s, want %s", text, got, want)
		}
	}
	// aws-load-balancer-controller#3955, cert-manager#7655
	f(`get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded`, imds.Timeout)
	// aws-sdk-go#870
	f(`Get http://169.254.169.254/latest/meta-data/iam/security-credentials/: net/http: request canceled (Client.Timeout exceeded while awaiting headers)`, imds.Timeout)
	// kube-ingress-aws-controller#455: the answer with the token was lost on its way to the pod
	f(`Put "http://169.254.169.254/latest/api/token": read tcp 100.96.4.21:34662->169.254.169.254:80: read: connection reset by peer`, imds.Timeout)
	f(`dial tcp 169.254.169.254:80: i/o timeout`, imds.Connect)
	f(`Get "http://169.254.169.254/latest/meta-data/mac": dial tcp 169.254.169.254:80: connect: no route to host`, imds.Connect)
	f(`Get "http://169.254.169.254/latest/meta-data/mac": dial tcp 169.254.169.254:80: connect: connection refused`, imds.Refused)
	f(`EC2MetadataError: failed to make EC2Metadata request\n\n\tstatus code: 401, request id: `, imds.Status401)
	f(`401 Client Error: Unauthorized for url: http://169.254.169.254/latest/meta-data/`, imds.Status401)
	f(`curl: (22) The requested URL returned error: 401`, imds.Status401)
	f(`operation error ec2imds: GetMetadata, http response error StatusCode: 403, request to EC2 IMDS failed`, imds.Status403)
	f(`no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404, request to EC2 IMDS failed`, imds.Status404)
	f(`NoCredentialProviders: no valid providers in chain. Deprecated.`, imds.Other)
}

// Logs of the node, and of pods that are known for its network, are not those
// of pods that a hop limit can keep away.
func TestFails_network(t *testing.T) {
	f := func(file string, want imds.Network, pod string) {
		t.Helper()
		calls := []imds.Call{{Rule: "imds.unreachable_from_pod", At: parsers.Pos{File: file, Line: 1}}}
		pods, host := imds.Fails(calls, imds.NewNetworks(&side.Node{}, nil), time.Time{})
		if pod == "" {
			if host == nil || len(pods) != 0 {
				t.Errorf("%s: pods %v, host %v; want host only", file, pods, host)
			}
			return
		}
		if len(pods) != 1 || pods[0].Pod != pod || pods[0].Network != want {
			t.Errorf("%s: %+v, want %s with network %s", file, pods, pod, want)
		}
	}
	f("var_log/coredns-6c8d5b4f7d-abcde_kube-system_coredns-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log", imds.Either, "kube-system/coredns-6c8d5b4f7d-abcde")
	f("var_log/kube-system_aws-node-qqvv9_a4d729b2-5ea0-47c9-824d-c63cbc158875/aws-vpc-cni-init/2.log", imds.OfHost, "kube-system/aws-node-qqvv9")
	f("var_log/kube-system_aws-node-termination-handler-x2k4d_a4d729b2-5ea0-47c9-824d-c63cbc158875/nth/2.log", imds.OfHost, "kube-system/aws-node-termination-handler-x2k4d")
	f("var_log/shop_aws-node-exporter-x2k4d_a4d729b2-5ea0-47c9-824d-c63cbc158875/x/2.log", imds.Either, "shop/aws-node-exporter-x2k4d")
	f("var_log/aws-routed-eni/ipamd.log", "", "")
	f("kubelet/kubelet.log", "", "")
	f("var_log/messages", "", "")
}

// What an object of a pod says of its network counts more than its name; an
// address of ipamd shows a network of its own.
func TestNetworks(t *testing.T) {
	objects, err := kubeobjects.Parse("pods.json", []byte(`{"apiVersion": "v1", "kind": "List", "items": [
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-x2k4d", "namespace": "shop"}, "spec": {"nodeName": "ip-10-0-12-34.us-west-2.compute.internal", "hostNetwork": true}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}, "spec": {"nodeName": "ip-10-0-12-34.us-west-2.compute.internal"}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-2", "namespace": "shop"}, "spec": {"nodeName": "ip-10-0-7-118.us-west-2.compute.internal"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	table, err := ipam.Parse("ipamd/ipam.json", []byte(`{"version":"vpc-cni-ipam/1","allocations":[{"networkName":"aws-cni","containerID":"b924","ifName":"eth0","ipv4":"10.0.7.188","allocationTimestamp":1,"metadata":{"k8sPodNamespace":"shop","k8sPodName":"kube-proxy-fake1"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	node := &side.Node{}
	node.Name("ip-10-0-12-34.us-west-2.compute.internal")
	n := imds.NewNetworks(node, []index.Fact{{File: &index.File{Path: "pods.json"}, Value: objects}, {File: &index.File{Path: "ipamd/ipam.json"}, Value: table}})
	for pod, want := range map[string]imds.Network{
		"shop/agent-x2k4d": imds.OfHost, "shop/web-1": imds.Own, "shop/web-2": imds.Either, "shop/kube-proxy-fake1": imds.Own, "kube-system/kube-proxy-x2k4d": imds.OfHost,
	} {
		if got, by := n.Of(pod); got != want || by.Text == "" {
			t.Errorf("Of(%s) = %s (%s), want %s", pod, got, by.Text, want)
		}
	}
}

// Calls that failed for a moment at the start of a program, which then went on
// for long, are over; those that fail to the end are not.
func TestFails_lasting(t *testing.T) {
	const path = "var_log/shop_web-1_a4d729b2-5ea0-47c9-824d-c63cbc158875/web/0.log"
	start := time.Date(2026, 11, 21, 0, 16, 0, 0, time.UTC)
	f := func(n int, every, after time.Duration, want bool) {
		t.Helper()
		last := start.Add(time.Duration(n-1) * every)
		file := &index.File{Path: path, Lines: 1000, Last: parsers.StampAt(last.Add(after))}
		var calls []imds.Call
		for i := range n {
			calls = append(calls, imds.Call{Rule: "imds.unreachable_from_pod", At: parsers.Pos{File: path, Line: 10 + i}, Time: start.Add(time.Duration(i) * every), File: file})
		}
		if pods, _ := imds.Fails(calls, imds.NewNetworks(&side.Node{}, nil), time.Time{}); pods[0].Lasting != want {
			t.Errorf("%d calls every %s, %s before the end: lasting %v, want %v", n, every, after, !want, want)
		}
	}
	f(1, time.Second, time.Hour, false)
	f(3, time.Second, time.Hour, false)
	f(3, time.Second, time.Minute, true)
	f(5, time.Minute, time.Hour, true)
}

// A line that stands in both copies of a log counts once.
func TestFails_copies(t *testing.T) {
	at := time.Date(2026, 11, 21, 0, 16, 4, 931200871, time.UTC)
	var calls []imds.Call
	for _, path := range []string{
		"var_log/web-1_shop_web-5f0c7be19d3a84c62710ffb4aa9d53e8c1746b20d9e8f3a5617cb24d08ee93fa.log",
		"var_log/shop_web-1_3d1f9ab2-5c0e-4a77-9a57-0b6c42d51e90/web/0.log",
	} {
		calls = append(calls, imds.Call{Rule: "imds.unreachable_from_pod", At: parsers.Pos{File: path, Line: 2}, Time: at})
	}
	if pods, _ := imds.Fails(calls, imds.NewNetworks(&side.Node{}, nil), time.Time{}); len(pods) != 1 || pods[0].Count != 1 {
		t.Errorf("Fails = %+v, want one pod with one call", pods)
	}
}

// What a bundle says gets into a command only if it is an ID or a region.
func TestModify(t *testing.T) {
	f := func(id, region, want string) {
		t.Helper()
		if got := imds.Modify(id, region, "--http-tokens required"); got != want {
			t.Errorf("Modify(%q, %q) = %q, want %q", id, region, got, want)
		}
	}
	const plain = "aws ec2 modify-instance-metadata-options --instance-id i-07c3d9ab1e4f301ef --http-tokens required"
	f("i-07c3d9ab1e4f301ef", "", plain)
	f("i-07c3d9ab1e4f301ef", "us-west-2; rm -rf /", plain)
	f("i-07c3d9ab1e4f301ef", "us-gov-west-1", "aws ec2 modify-instance-metadata-options --region us-gov-west-1 --instance-id i-07c3d9ab1e4f301ef --http-tokens required")
	f("$(reboot)", "", "aws ec2 modify-instance-metadata-options --instance-id INSTANCE-ID --http-tokens required")
}

// A log of calls as long as a node can write is read once, and what is kept of
// it has bounds.
func TestReadTrace_hostile(t *testing.T) {
	file := &index.File{Path: "var_log/imds/imds-trace.log", Format: "imdspackets"}
	read := 0
	lines := func(_ *index.File, _ int, visit func(int, []byte) bool) error {
		for n := 1; ; n++ {
			read = n
			line := fmt.Sprintf("[2025-10-22 02:55:40,993] [WARNING] imdsv1(!) (pid:%d:p%d argv:p %s) req details: get /%d http/1.1, host: 169.254.169.254, user-agent: a%d", n, n, strings.Repeat("x", 50), n, n)
			if !visit(n, []byte(line)) {
				return nil
			}
		}
	}
	tr, err := imds.ReadTrace([]*index.File{file}, nil, lines)
	if err != nil || len(tr.Callers) > 200 || read > 1_000_000 || !strings.Contains(tr.Note, "not read further") {
		t.Errorf("ReadTrace = %d callers after %d lines, %q, %v", len(tr.Callers), read, tr.Note, err)
	}
}
