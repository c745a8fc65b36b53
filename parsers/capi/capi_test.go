package capi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, capi.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, capi.Format) }

// What can be a secret is not kept.
func TestNoSecrets(t *testing.T) {
	for _, f := range parserstest.Files(t, "testdata") {
		got, err := capi.Parse(f.Path, f.Text)
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		s := fmt.Sprintf("%+v", got)
		for _, secret := range got.Secrets {
			s += fmt.Sprintf("%+v", secret.Data)
		}
		if strings.Contains(s, "hunter2") {
			t.Errorf("%s: a secret is kept: %s", f.Path, s)
		}
	}
}

func TestMutate(t *testing.T) {
	const template, pool = "machine-template.yaml", "extra/machine-pool.yaml"
	parserstest.Mutate(t, capi.Format,
		parserstest.Mutation{File: template, Old: "httpPutResponseHopLimit: 1", New: "httpPutResponseHopLimit: 2",
			Want: []string{"Objects[0].Metadata.HopLimit: 1 -> 2"}},
		parserstest.Mutation{File: template, Old: "httpTokens: optional", New: "httpTokens: required",
			Want: []string{"Objects[0].Metadata.Tokens: optional -> required"}},
		parserstest.Mutation{File: template, Old: "v1beta1", New: "v1beta2",
			Want: []string{"Objects[0].APIVersion: infrastructure.cluster.x-k8s.io/v1beta1 -> infrastructure.cluster.x-k8s.io/v1beta2"}},
		parserstest.Mutation{File: pool, Old: "httpPutResponseHopLimit: 2", New: "httpPutResponseHopLimit: 3",
			Want: []string{"Objects[0].Metadata.HopLimit: 2 -> 3"}},
		parserstest.Mutation{File: pool, Old: `dataSecretName: "eks-bootstrap"`, New: `dataSecretName: "other"`,
			Want: []string{"Objects[1].BootstrapSecret: eks-bootstrap -> other"}},
	)
}

func TestSniff(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := capi.Format.Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", head, got, want)
		}
	}
	f("---\napiVersion: infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSMachineTemplate\n", true)
	f("apiVersion: v1\nitems:\n- apiVersion: cluster.x-k8s.io/v1beta1\n  kind: Machine\n", true)
	f("apiVersion: v1\ndata:\n  format: cloud-config\n  value: IyEv\n", true)
	f("kind: Secret\napiVersion: v1\ndata:\n  value: IyEv\n", true)
	f(`{"apiVersion": "v1", "items": [{"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind"`, true)
	f(`{"apiVersion": "v1", "data": {"value": "IyEv"}, "kind": "Secret"`, true)
	f("apiVersion: v1\nkind: Secret\ndata:\n  password: aHVudGVyMg==\n", false)
	f("apiVersion: v1\ncount: 1\ninvolvedObject:\n  apiVersion: cluster.x-k8s.io/v1beta1\n  kind: Machine\n", false)
	f(`{"apiVersion":"v1","count":1,"involvedObject":{"apiVersion":"cluster.x-k8s.io/v1beta1"`, false)
	f("apiVersion: v1\nkind: Node\nmetadata:\n  annotations:\n    cluster.x-k8s.io/machine: a\n", false)
}
