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
