package kubeobjects_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, kubeobjects.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, kubeobjects.Format) }

var lineField = regexp.MustCompile(`"Line":\d+`)

// JSON and YAML of the same objects say the same, but for lines.
func TestFormatsAgree(t *testing.T) {
	first := map[string]string{}
	for _, f := range parserstest.Files(t, "testdata") {
		if f.Case != "testdata/nodes.txtar" && f.Case != "testdata/pods.txtar" {
			continue
		}
		got, err := kubeobjects.Parse(f.Path, f.Text)
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"Line":0,"Name"`) {
			t.Errorf("%s: an object without a line", f.Path)
		}
		said := lineField.ReplaceAllString(string(text), "")
		if first[f.Case] == "" {
			first[f.Case] = said
		}
		if d := cmp.Diff(first[f.Case], said); d != "" {
			t.Errorf("%s:\n%s", f.Path, d)
		}
	}
}

// What can be a secret is not kept.
func TestNoSecrets(t *testing.T) {
	for _, f := range parserstest.Files(t, "testdata") {
		got, err := kubeobjects.Parse(f.Path, f.Text)
		if err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprintf("%+v", got); strings.Contains(s, "hunter2") {
			t.Errorf("%s: the environment of a container is kept", f.Path)
		}
	}
}

func TestMutate(t *testing.T) {
	const nodes, pods, events = "extra/nodes.json", "extra/pods.json", "extra/events.json"
	parserstest.Mutate(t, kubeobjects.Format,
		parserstest.Mutation{File: nodes, Old: `aws:///us-west-2a/i-07c3d9ab1e4f301ef`, New: `eks-hybrid:///us-west-2/blue/mi-07c3d9ab1e4f301ef`,
			Want: []string{"Nodes[0].ProviderID: aws:///us-west-2a/i-07c3d9ab1e4f301ef -> eks-hybrid:///us-west-2/blue/mi-07c3d9ab1e4f301ef", "Nodes[0].InstanceID: i-07c3d9ab1e4f301ef -> mi-07c3d9ab1e4f301ef"}},
		parserstest.Mutation{File: nodes, Old: `"status": "True"`, New: `"status": "False"`,
			Want: []string{"Nodes[0].Conditions[2].Status: True -> False"}},
		parserstest.Mutation{File: nodes, Old: `"unschedulable": true`, New: `"unschedulable": false`,
			Want: []string{"Nodes[1].Unschedulable: true -> false"}},
		parserstest.Mutation{File: nodes, Old: `"eks.amazonaws.com/sourceLaunchTemplateVersion": "2"`, New: `"eks.amazonaws.com/sourceLaunchTemplateVersion": "3"`,
			Want: []string{"Nodes[0].LaunchTemplateVersion: 2 -> 3"}},
		parserstest.Mutation{File: pods, Old: `"restartCount": 6`, New: `"restartCount": 7`,
			Want: []string{"Pods[0].Containers[1].Restarts: 6 -> 7"}},
		parserstest.Mutation{File: pods, Old: `"exitCode": 137`, New: `"exitCode": 1`,
			Want: []string{"Pods[0].Containers[1].Last.ExitCode: 137 -> 1"}},
		parserstest.Mutation{File: pods, Old: `"hostNetwork": true`, New: `"hostNetwork": false`,
			Want: []string{"Pods[0].HostNetwork: true -> false"}},
		parserstest.Mutation{File: events, Old: `"count": 7`, New: `"count": 8`,
			Want: []string{"Events[0].Count: 7 -> 8"}},
		parserstest.Mutation{File: events, Old: `2026-11-21T00:18:40Z`, New: `2026-11-21T00:18:41Z`,
			Want: []string{"Events[0].Last: 2026-11-21T00:18:40Z -> 2026-11-21T00:18:41Z"}},
	)
}

func TestSniff(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := kubeobjects.Format.Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", head, got, want)
		}
	}
	f(`{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Node"`, true)
	f(`{"kind":"PodList","apiVersion":"v1","metadata":{}`, true)
	f("apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n", true)
	f("apiVersion: v1\ncount: 1\ninvolvedObject:\n  kind: ReplicaSet\nkind: Event\n", true)
	f("Warning: old\n{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {", true)
	f(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","objectRef":{"apiVersion":"v1"}}`, false)
	f(`{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2","kind":"AWSMachineTemplate"}`, false)
	f("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n", false)
	f("apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    kind: Pod\n", false)
	f(`{"level":"info","msg":"x","kind":"Pod"}`, false)
	f("", false)
}
