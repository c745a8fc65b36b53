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
	f("- - i-07c3d9ab1e4f301ef\r\n  - required\r\n  - 1\r\n", true)
	f("\ufeff- - i-07c3d9ab1e4f301ef\r\n  - required\r\n  - 1\r\n", true)
	f("[[\"ip-10-0-12-34.us-west-2.compute.internal\", \"required\", 1]]", true)
	f("[{\"ID\": \"i-07c3d9ab1e4f301ef\", \"Tok\": \"required\", \"Hop\": 1}]", true)
	f("[[\"i-07c3d9ab1e4f301ef\", 2]]", true)
	f("[[1, \"required\", \"i-07c3d9ab1e4f301ef\"]]", true)
	f("[[\"i-07c3d9ab1e4f301ef\", {\"State\": \"applied\", \"HttpTokens\": \"optional\"}]]", true)
	f("- - 1\n  - required\n  - i-07c3d9ab1e4f301ef\n", true)
	f("- - i-07c3d9ab1e4f301ef\n  - 1\n", true)
	f("- Hop: 1\n  ID: i-07c3d9ab1e4f301ef\n  Tok: required\n", true)
	f("i-07c3d9ab1e4f301ef\nMETADATAOPTIONS\tenabled\tdisabled\t1\trequired\n", true)
	f("0\tx86_64\tFalse\tami-0f00f00f00f00f00f\ti-07c3d9ab1e4f301ef\tm5.large\n", true)
	f("$ aws ec2 describe-instances --output yaml\nReservations:\n", true)
	f("[root@ip-10-0-12-34 ~]# aws ec2 describe-instances \\\n  --output text\nRESERVATIONS\t1\tr-0\n", true)
	f("$ aws ec2 describe-instances\n[[\"i-07c3d9ab1e4f301ef\", \"required\", 1]]", true)
	f("$ aws ec2 describe-volumes\n[[\"vol-07c3d9ab1e4f301ef\", \"in-use\"]]", false)
	f("[\"i-07c3d9ab1e4f301ef\", \"i-07c3d9ab1e4f5063d\"]", false)
	f("{\"ts\": \"2026-11-21\", \"instance\": \"i-07c3d9ab1e4f301ef\", \"n\": 1}", false)
	f("- name: a\n  id: i-07c3d9ab1e4f301ef\n", false)
	f("[]", false)
	f("-- No entries --\n", false)
	f("{\"level\":\"info\",\"msg\":\"HttpTokens required\"}\n", false)
	f("i-07c3d9ab1e4f301ef\n", false) // system/instance-id.txt
	f("2026-11-21T00:19:47Z\tHttpTokens is required\n", false)
	f("- name: HttpTokens\n", true) // a list of maps; Parse says whether it is one
	f("----------\nsome other table\n", false)
}

// What is cut is told with its line, and an answer that was appended to that of
// the last time is read.
func TestCut(t *testing.T) {
	f := func(name, text string, n int, cut string) {
		t.Helper()
		is, err := ec2.Parse(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if len(is.Instances) != n || is.Cut != cut {
			t.Errorf("%s: %d instances, cut %q, want %d, %q", name, len(is.Instances), is.Cut, n, cut)
		}
	}
	const (
		json  = "{\"Reservations\": [{\"Instances\": [\n{\"InstanceId\": \"i-07c3d9ab1e4f301ef\"},\n{\"InstanceId\": \"i-07c3d9ab1e4f5063d\"}]}]}\n"
		yaml  = "Reservations:\n- Instances:\n  - InstanceId: i-07c3d9ab1e4f301ef\n"
		text  = "RESERVATIONS\t1\tr-0\nINSTANCES\t0\ti-07c3d9ab1e4f301ef\n"
		table = "---------\n|  DescribeInstances  |\n+----+\n|  i-07c3d9ab1e4f301ef |  required |\n|  i-07c3d9ab1e4f5063d |  required |\n"
	)
	f("json", json, 2, "")
	f("cut json", json[:len(json)-6], 2, "line 3: unexpected EOF")
	f("json twice", json+"$ aws ec2 describe-instances\n"+json, 4, "")
	f("yaml", yaml, 1, "")
	f("cut yaml", yaml[:len(yaml)-4], 1, "line 3: its end is not there")
	f("yaml twice", yaml+yaml, 2, "")
	f("damaged yaml", yaml+"---\na: [\n", 1, "line 5: did not find expected node content")
	f("text", text, 1, "")
	f("cut text", text[:len(text)-4], 1, "line 2: its end is not there")
	f("table", table+"+-------+\n", 2, "")
	f("cut table", table, 2, "line 5: the last border of the table is not there")
	f("options alone", "- HttpTokens: required\n  HttpEndpoint: enabled", 1, "")
}

// The values of a query are known by their form, or by the names it gave them.
func TestQueries(t *testing.T) {
	f := func(text, id, tokens string, hop, line int) {
		t.Helper()
		is, err := ec2.Parse("q", []byte(text))
		if err != nil || len(is.Instances) != 1 {
			t.Errorf("Parse(%q) = %+v, %v", text, is, err)
			return
		}
		in := is.Instances[0]
		if in.InstanceID != id || in.Metadata.Tokens != tokens || in.Metadata.HopLimit != hop || in.Line != line {
			t.Errorf("Parse(%q) = %+v, want %q %q %d in line %d", text, in, id, tokens, hop, line)
		}
	}
	const id = "i-07c3d9ab1e4f301ef"
	f(`[["`+id+`", "required", 2]]`, id, "required", 2, 1)
	f(`[[4, "required", 2, "`+id+`"]]`, id, "required", 0, 1)
	f(`[["`+id+`", 4, "n", "required", 2]]`, id, "required", 2, 1)
	f(`[{"Cores": 4, "ID": "`+id+`", "Tok": "required", "Hop": 2}]`, id, "required", 2, 1)
	f(`[{"ID": "`+id+`", "Hops": 2}]`, id, "", 2, 1)
	f("[[\""+id+"\", {\"HttpTokens\": \"optional\",\n\"HttpPutResponseHopLimit\": 2}]]", id, "optional", 2, 1)
	f(id+"\nMETADATAOPTIONS\tenabled\tdisabled\t2\toptional\tdisabled\tapplied\n", id, "optional", 2, 1)
	f("$ aws ec2 describe-instances \\\n --output text\n0\tx86_64\tFalse\tami-0f00f00f00f00f00f\t"+id+"\tm5.large\nMETADATAOPTIONS\tenabled\tdisabled\t2\toptional\tdisabled\tapplied\n", id, "optional", 2, 3)
	f("PS C:\\> aws ec2 describe-instances\r\n- Hop: 2\r\n  ID: "+id+"\r\n  Tok: required\r\n", id, "required", 2, 3)
	f("-----------------\n| DescribeInstances |\n+---------+\n|  \x1b[1m"+id+"\x1b[0m  |\n|  required |\n|  2 |\n+---------+\n", id, "required", 2, 4)
}

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, ec2.Format,
		m("describe-instances.json", `"HttpTokens": "required"`, `"HttpTokens": "optional"`, "Instances[0].Metadata.Tokens: required -> optional"),
		m("describe-instances.json", `"HttpPutResponseHopLimit": 1`, `"HttpPutResponseHopLimit": 2`, "Instances[0].Metadata.HopLimit: 1 -> 2"),
		m("describe-instances.json", `"HttpEndpoint": "enabled"`, `"HttpEndpoint": "disabled"`, "Instances[0].Metadata.Endpoint: enabled -> disabled"),
		m("describe-instances.json", `"HttpProtocolIpv6": "disabled"`, `"HttpProtocolIpv6": "enabled"`, "Instances[0].Metadata.IPv6: disabled -> enabled"),
		m("describe-instances.json", `"InstanceType": "m5.large"`, `"InstanceType": "t3.small"`, "Instances[0].Type: m5.large -> t3.small"),
		m("describe-instances.json", `"Name": "running"`, `"Name": "stopped"`, "Instances[0].State: running -> stopped"),
		m("describe-instances.json", "prod-usw2-blue", "prod-usw2-green", "Instances[0].Cluster: prod-usw2-blue -> prod-usw2-green"),
		m("extra/q.table", "optional", "required", "Instances[1].Metadata.Tokens: optional -> required"),
		m("extra/q.txt", "required\t1", "required\t3", "Instances[0].Metadata.HopLimit: 1 -> 3"),
		m("extra/q.yaml", "i-07c3d9ab1e4f5063d", "i-07c3d9ab1e4f5063e", "Instances[1].InstanceID: i-07c3d9ab1e4f5063d -> i-07c3d9ab1e4f5063e"),
	)
}
