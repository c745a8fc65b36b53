package launchtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, launchtemplate.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, launchtemplate.Format) }

// The output formats differ, what they say does not: all files of an example
// give the same versions, but for lines and for what text has no names for.
func TestFormatsAgree(t *testing.T) {
	first := map[string][]launchtemplate.Version{}
	for _, f := range parserstest.Files(t, "testdata") {
		if f.Case != "testdata/whole.txtar" && f.Case != "testdata/plain.txtar" {
			continue
		}
		got, err := launchtemplate.Parse(f.Path, f.Text)
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if got.Projected || got.Cut != "" {
			t.Errorf("%s: %+v, want a whole answer", f.Path, got)
		}
		for i := range got.Versions {
			v := &got.Versions[i]
			v.Line, v.UserDataLine = 0, 0
			m := &v.Metadata
			m.Line, m.EndpointLine, m.TokensLine, m.HopLimitLine = 0, 0, 0, 0
			for j := range v.Interfaces {
				v.Interfaces[j] = launchtemplate.Interface{SecurityGroups: v.Interfaces[j].SecurityGroups}
			}
		}
		if first[f.Case] == nil {
			first[f.Case] = got.Versions
		}
		if d := cmp.Diff(first[f.Case], got.Versions); d != "" {
			t.Errorf("%s %s:\n%s", f.Case, f.Path, d)
		}
	}
}

func TestMutate(t *testing.T) {
	const file = "extra/describe-launch-template-versions.json"
	parserstest.Mutate(t, launchtemplate.Format,
		parserstest.Mutation{File: file, Old: `"HttpPutResponseHopLimit": 1`, New: `"HttpPutResponseHopLimit": 2`,
			Want: []string{"Versions[0].Metadata.HopLimit: 1 -> 2"}},
		parserstest.Mutation{File: file, Old: `"HttpTokens": "required"`, New: `"HttpTokens": "optional"`,
			Want: []string{"Versions[0].Metadata.Tokens: required -> optional"}},
		parserstest.Mutation{File: file, Old: `"VersionNumber": 3`, New: `"VersionNumber": 4`,
			Want: []string{"Versions[0].Number: 3 -> 4"}},
		parserstest.Mutation{File: file, Old: `"DefaultVersion": false`, New: `"DefaultVersion": true`,
			Want: []string{"Versions[0].Default: false -> true"}},
		parserstest.Mutation{File: file, Old: `ami-0f00f00f00f00f00f`, New: `ami-0aaaaaaaaaaaaaaaa`,
			Want: []string{"Versions[0].Image: ami-0f00f00f00f00f00f -> ami-0aaaaaaaaaaaaaaaa"}},
		parserstest.Mutation{File: file, Old: `"sg-0aaaabbbbccccdddd"`, New: `"sg-0eeeeffff00001111"`,
			Want: []string{"Versions[0].Interfaces[0].SecurityGroups[1]: sg-0aaaabbbbccccdddd -> sg-0eeeeffff00001111"}},
	)
}

func TestSniff(t *testing.T) {
	f := func(head string, want bool) {
		t.Helper()
		if got := launchtemplate.Format.Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", head, got, want)
		}
	}
	f("{\n  \"LaunchTemplateVersions\": [\n", true)
	f("[\n [\n  \"lt-0d4e5f6a7b8c91234\", 3", true)
	f("LaunchTemplateVersions:\n- CreateTime: x\n", true)
	f("- LaunchTemplateId: lt-0d4e5f6a7b8c91234\n", true)
	f("lt-0d4e5f6a7b8c91234\t3\n", true)
	f("$ aws ec2 describe-launch-template-versions --output text\nlt-0d4e5f6a7b8c91234\t3\n", true)
	f("$ aws ec2 describe-launch-template-versions\n{\n  \"LaunchTemplateVersions\": [\n", true)
	f("{\"Reservations\": []}", false)
	f("{\"level\":\"info\",\"msg\":\"LaunchTemplateVersions\"}\n", false)
	f("lt-0d4e5f6a7b8c91234\n", false)
	f("[]", false)
}
