package osrelease_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/osrelease"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, osrelease.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, osrelease.Format) }

func TestMutations(t *testing.T) {
	const file = "bottlerocket-logs/os-release"
	parserstest.Mutate(t, osrelease.Format,
		parserstest.Mutation{File: file, Old: "VARIANT_ID=aws-k8s-1.30", New: "VARIANT_ID=aws-k8s-1.31", Want: []string{"Fields[4].Value: aws-k8s-1.30 -> aws-k8s-1.31"}},
		parserstest.Mutation{File: file, Old: `VENDOR_NAME="Bottlerocket"`, New: `VENDOR_NAME='a "b"'`, Want: []string{`Fields[7].Value: Bottlerocket -> a "b"`}},
	)
}

func TestGet(t *testing.T) {
	f := func(text, id, variant string) {
		t.Helper()
		r, err := osrelease.Parse("etc/os-release", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if r.ID() != id || r.Variant() != variant {
			t.Errorf("Parse(%q) = %q %q, want %q %q", text, r.ID(), r.Variant(), id, variant)
		}
	}
	f("ID=bottlerocket\nVARIANT_ID=aws-k8s-1.30\n", "bottlerocket", "aws-k8s-1.30")
	f("NAME=x\n", "linux", "")
	f("ID=one\nID=two\n", "two", "")
}
