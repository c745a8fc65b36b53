package ec2_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ec2.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ec2.Format) }

// The output formats differ, what they say does not: all files of an example
// give the same instances, but for lines and for what a format leaves out.
func TestFormatsAgree(t *testing.T) {
	first := map[string][]ec2.Instance{}
	for _, f := range parserstest.Files(t, "testdata") {
		switch f.Case {
		case "testdata/whole.txtar", "testdata/two.txtar":
		default:
			continue
		}
		is, err := ec2.Parse(f.Path, f.Text)
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if is.Projected {
			t.Errorf("%s: Projected, want a whole answer", f.Path)
		}
		for i := range is.Instances {
			in := &is.Instances[i]
			if m := in.Metadata; in.Line == 0 || m.Line == 0 || m.EndpointLine == 0 || m.TokensLine == 0 || m.HopLimitLine == 0 {
				t.Errorf("%s: a line is missing in %+v", f.Path, in)
			}
			in.State = "" // nested in a map that the table gives no place
			in.Line, in.Metadata.Line, in.Metadata.EndpointLine, in.Metadata.TokensLine, in.Metadata.HopLimitLine = 0, 0, 0, 0, 0
			in.Metadata.IPv6, in.Metadata.Tags = "", "" // without names in text
		}
		if first[f.Case] == nil {
			first[f.Case] = is.Instances
		}
		if d := cmp.Diff(first[f.Case], is.Instances); d != "" {
			t.Errorf("%s %s:\n%s", f.Case, f.Path, d)
		}
	}
}

func TestSniff(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := ec2.Format.Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", head, got, want)
		}
	}
	f("{\n  \"Reservations\": [\n", true)
	f("- - i-07c3d9ab1e4f301ef\n  - required\n  - 1\n", true)
	f("[]", false)
	f("-- No entries --\n", false)
	f("{\"level\":\"info\",\"msg\":\"HttpTokens required\"}\n", false)
	f("i-07c3d9ab1e4f301ef\n", false) // system/instance-id.txt
	f("2026-11-21T00:19:47Z\tHttpTokens is required\n", false)
	f("- name: HttpTokens\n", true) // a list of maps; Parse says whether it is one
	f("----------\nsome other table\n", false)
}

func TestOf(t *testing.T) {
	const id1, id2 = "i-07c3d9ab1e4f301ef", "i-07c3d9ab1e4f5063d"
	one := ec2.Instance{InstanceID: id1, PrivateDNS: "ip-10-0-12-34.us-west-2.compute.internal", PrivateIP: "10.0.12.34"}
	two := ec2.Instance{InstanceID: id2, PrivateDNS: "ip-10-0-7-118.us-west-2.compute.internal"}
	bare := ec2.Instance{Metadata: ec2.MetadataOptions{Line: 2, HopLimit: 1}}
	f := func(name string, n ec2.Node, want ec2.Match, wantID string, is ...ec2.Instance) {
		t.Helper()
		in, got := (&ec2.Instances{Instances: is}).Of(n)
		if got != want || in != nil && in.InstanceID != wantID || (in == nil) != (want == ec2.Other || want == ec2.Several) {
			t.Errorf("%s: Of(%+v) = %+v, %v, want %v, %v", name, n, in, got, wantID, want)
		}
	}
	f("by id", ec2.Node{InstanceID: id2}, ec2.Same, id2, one, two)
	f("by name", ec2.Node{Hostname: "ip-10-0-7-118.us-west-2.compute.internal"}, ec2.Same, id2, one, two)
	f("by address", ec2.Node{Hostname: "ip-10-0-12-34.ec2.internal"}, ec2.Same, id1, two, one)
	f("by resource name", ec2.Node{Hostname: id1 + ".us-west-2.compute.internal"}, ec2.Same, id1, two, one)
	f("another one", ec2.Node{InstanceID: "i-0aaaaaaaaaaaaaaaa"}, ec2.Other, "", one)
	f("another name", ec2.Node{Hostname: "ip-10-0-1-1.us-west-2.compute.internal"}, ec2.Other, "", one, two)
	f("only options", ec2.Node{InstanceID: id1}, ec2.Only, "", bare)
	f("options of two", ec2.Node{InstanceID: id1}, ec2.Several, "", bare, bare)
	f("node unknown", ec2.Node{}, ec2.Several, "", one, two)
	f("node unknown, one instance", ec2.Node{}, ec2.Only, id1, one)
}
