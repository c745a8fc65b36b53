package ekscluster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ekscluster.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ekscluster.Format) }

// JSON and YAML of one answer say the same.
func TestFormatsAgree(t *testing.T) {
	var first *ekscluster.Clusters
	for _, f := range parserstest.Files(t, "testdata") {
		if f.Case != "testdata/whole.txtar" {
			continue
		}
		got, err := ekscluster.Parse(f.Path, f.Text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Clusters {
			got.Clusters[i].Line, got.Clusters[i].Lines = 0, nil
			for j := range got.Clusters[i].Issues {
				got.Clusters[i].Issues[j].Line = 0
			}
		}
		if first == nil {
			first = got
		}
		if d := cmp.Diff(first, got); d != "" {
			t.Errorf("%s:\n%s", f.Path, d)
		}
	}
}

func TestMutate(t *testing.T) {
	const file = "extra/describe-cluster.json"
	parserstest.Mutate(t, ekscluster.Format,
		parserstest.Mutation{File: file, Old: `"endpointPublicAccess": true`, New: `"endpointPublicAccess": false`,
			Want: []string{"Clusters[0].PublicAccess: true -> false"}},
		parserstest.Mutation{File: file, Old: `"serviceIpv4Cidr": "10.100.0.0/16"`, New: `"serviceIpv4Cidr": "172.20.0.0/16"`,
			Want: []string{"Clusters[0].ServiceIPv4CIDR: 10.100.0.0/16 -> 172.20.0.0/16"}},
		parserstest.Mutation{File: file, Old: `"version": "1.30"`, New: `"version": "1.31"`,
			Want: []string{"Clusters[0].Version: 1.30 -> 1.31"}},
		parserstest.Mutation{File: file, Old: `"enabled": true`, New: `"enabled": false`,
			Want: []string{"Clusters[0].Logging[0]: api -> -", "Clusters[0].Logging[1]: audit -> -", "Clusters[0].Logging: - -> <nil>"}},
		parserstest.Mutation{File: file, Old: "LS0tLS1CRUdJTi", New: "c2VjcmV0", Want: nil},
	)
}

func TestNoSecrets(t *testing.T) {
	for _, f := range parserstest.Files(t, "testdata") {
		got, err := ekscluster.Parse(f.Path, f.Text)
		if err != nil {
			continue
		}
		for _, c := range got.Clusters {
			if s := cmp.Diff(nil, c); strings.Contains(s, "LS0tLS1CRUdJTi") {
				t.Errorf("%s: the certificate is kept", f.Path)
			}
		}
	}
}

func TestSniff(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := ekscluster.Format.Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", head, got, want)
		}
	}
	f("{\n  \"cluster\": {\n \"name\": \"a\", \"roleArn\": \"x\", \"resourcesVpcConfig\": {", true)
	f("cluster:\n  roleArn: x\n  platformVersion: eks.1\n", true)
	f("{\"name\": \"a\", \"platformVersion\": \"eks.1\", \"roleArn\": \"x\"}", true)
	f("{\"cluster\": \"blue\"}", false)
	f("apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nplatformVersion: a\nroleArn: b\n", false)
	f("cluster: blue\n", false)
}
