package brsettings_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/brsettings"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, brsettings.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, brsettings.Format) }

func TestMutations(t *testing.T) {
	const file = "bottlerocket-logs/settings.json"
	parserstest.Mutate(t, brsettings.Format,
		parserstest.Mutation{File: file, Old: `"max-pods": 110`, New: `"max-pods": 58`, Want: []string{"Settings[25].Values[0]: 110 -> 58"}},
		parserstest.Mutation{File: file, Old: `"lockdown": "integrity"`, New: `"lockdown": "none"`, Want: []string{"Settings[10].Values[0]: integrity -> none"}},
		parserstest.Mutation{File: file, Old: "169.254.20.10", New: "172.20.0.10", Want: []string{"Settings[15].Values[0]: 169.254.20.10 -> 172.20.0.10"}},
		parserstest.Mutation{File: file, Old: "3rgav5.gkw1lnyct9ey9mrb", New: "abcdef.0123456789abcdef"},
	)
}

// Nothing that may be a secret is in the fact.
func TestSecrets(t *testing.T) {
	for _, file := range parserstest.Files(t, "testdata") {
		s, err := brsettings.Parse(file.Path, file.Text)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"hunter2", "proxyuser", "3rgav5", "LS0tLS1", "eyJzc2gi", "AWS_PROFILE", "operator of", "s3cr"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s: %q was kept", file.Path, secret)
			}
		}
	}
}

func TestGet(t *testing.T) {
	s, err := brsettings.Parse("x", []byte(`{"settings":{"kubernetes":{"node-labels":{"a.b/c":"d","e":"f"},"max-pods":3,"cluster-dns-ip":[]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(path, want string, found bool) {
		t.Helper()
		if got, ok := s.Get(path); got.Value() != want || ok != found {
			t.Errorf("Get(%s) = %q %v, want %q %v", path, got.Value(), ok, want, found)
		}
	}
	f("kubernetes.max-pods", "3", true)
	f(`kubernetes.node-labels."a.b/c"`, "d", true)
	f("kubernetes.cluster-dns-ip", "", true)
	f("kubernetes.node-ip", "", false)
	var below []string
	for _, x := range s.Below("kubernetes.node-labels") {
		below = append(below, x.Path)
	}
	if diff := cmp.Diff([]string{`kubernetes.node-labels."a.b/c"`, "kubernetes.node-labels.e"}, below); diff != "" {
		t.Error(diff)
	}
}
