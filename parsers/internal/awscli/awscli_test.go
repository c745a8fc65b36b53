package awscli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/awscli"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

func TestTable(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		var got []string
		awscli.Table(text, 1, func(p awscli.Part) bool {
			var cells []string
			for i, c := range p.Row {
				s := fmt.Sprintf("%d:%s", c.Line, c.Text)
				if p.Names != nil {
					s = p.Names[i] + "=" + s
				}
				cells = append(cells, s)
			}
			got = append(got, strings.Join(p.Titles, ".")+"("+strings.Join(cells, " ")+")")
			return true
		})
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: Table = %s, want %s", name, got, want)
		}
	}
	f("sections", `-----------------------------------------------
|        DescribeLaunchTemplateVersions       |
+---------------------------------------------+
||          LaunchTemplateVersions           ||
|+------------------+------------------------+|
||  DefaultVersion  |  True                  ||
||  VersionNumber   |  1                     ||
|+------------------+------------------------+|
|||            SecurityGroupIds             |||
||+-----------------------------------------+||
|||  sg-0123456789abcdef0                   |||
|||  sg-0123456789abcdef1                   |||
||+-----------------------------------------+||
`, "DescribeLaunchTemplateVersions() DescribeLaunchTemplateVersions.LaunchTemplateVersions() "+
		"DescribeLaunchTemplateVersions.LaunchTemplateVersions(DefaultVersion=6:True VersionNumber=7:1) "+
		"DescribeLaunchTemplateVersions.LaunchTemplateVersions.SecurityGroupIds() "+
		"DescribeLaunchTemplateVersions.LaunchTemplateVersions.SecurityGroupIds(11:sg-0123456789abcdef0) "+
		"DescribeLaunchTemplateVersions.LaunchTemplateVersions.SecurityGroupIds(12:sg-0123456789abcdef1)")
	f("one value in a list", "---------\n|  Abc  |\n+-------+\n|  sg-0 |\n+-------+\n", "Abc() Abc(4:sg-0)")
	f("rows", "-----------\n|   Abc   |\n+----+----+\n| Key|Val |\n+----+----+\n| a  | b  |\n| c  |\n+----+----+\n", "Abc() Abc(Key=6:a Val=6:b) Abc(Key=7:c)")
	f("no table", "hello\n", "")
}

func TestTorn(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := ""
		if err := awscli.Torn([]byte(text)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Torn(%q) = %q, want %q", text, got, want)
		}
	}
	const table = "-----------\n|   Abc   |\n+----+----+\n| a  | b  |\n"
	f(table+"+----+----+\n", "")
	f(table+"+----+----+\r\n$ \n", "")
	f(table, "line 4: the last border of the table is not there")
	f(table+"+----+", "line 5: the last border of the table is not there")
	f("TAGS\ta\tb\n", "")
	f("TAGS\ta\tb", "line 1: its end is not there")
	f("Reservations:\n- Instances:", "line 2: its end is not there")
	f("{}", "")
	f("", "")
}

// A line that is longer than any real one is cut, and a table without borders is
// given in parts.
func TestLong(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	longest := 0
	see := func(cells []awscli.Cell) bool {
		for _, c := range cells {
			longest = max(longest, len(c.Text))
		}
		return true
	}
	awscli.Text("TAGS\t"+long+"\n", 1, see)
	if longest == 0 || longest > 100_000 {
		t.Errorf("the longest cell of a text has %d bytes", longest)
	}
	longest = 0
	awscli.Table("| "+long+" |\n+--+\n", 1, func(p awscli.Part) bool { return see(p.Row) })
	if longest == 0 || longest > 100_000 {
		t.Errorf("the longest cell of a table has %d bytes", longest)
	}
	seen := 0
	awscli.Table(strings.Repeat("| a b | c |\n", 50_000), 1, func(awscli.Part) bool { seen++; return seen < 10 })
	if seen != 10 {
		t.Errorf("%d rows were given of a table whose reader stops at 10", seen)
	}
}

func FuzzAWSCLI(f *testing.F) {
	f.Add("-----------\n|   Abc   |\n+----+----+\n| Key|Val |\n+----+----+\n| a  | b  |\n")
	f.Add("TAGS\tkey\tvalue\n")
	f.Fuzz(func(t *testing.T, text string) {
		awscli.Table(text, 1, func(p awscli.Part) bool {
			if p.Names != nil && len(p.Names) != len(p.Row) {
				t.Errorf("%d names for %d values", len(p.Names), len(p.Row))
			}
			return true
		})
		awscli.Text(text, 1, func(cells []awscli.Cell) bool { return len(cells) > 0 })
		awscli.IsTable([]byte(text), "Abc")
	})
}

// An output goes to what reads its format, whatever stands above it.
func TestReader(t *testing.T) {
	var got string
	r := awscli.Reader{
		Begins: func(text []byte) bool {
			return strings.HasPrefix(string(text), "a:") || strings.HasPrefix(string(text), "A\t")
		},
		IsText: func(text []byte) bool { return strings.HasPrefix(string(text), "A\t") },
		Value:  func(v *tree.Value) { got += fmt.Sprintf("value %d ", v.Line) },
		Table:  func(_ string, line int) { got += fmt.Sprintf("table %d", line) },
		Text:   func(_ string, line int) { got += fmt.Sprintf("text %d", line) },
	}
	f := func(text, want string) {
		t.Helper()
		got = ""
		if err := r.Read([]byte(text)); err != nil {
			got += err.Error()
		}
		if got != want {
			t.Errorf("Read(%q) gives %q, want %q", text, got, want)
		}
	}
	f("{\"a\": 1}\n{\"a\": 2}\n", "value 1 value 2 ")
	f("a: 1\n", "value 1 ")
	f("\nA\tb\n", "text 2")
	f("-----------\n|  A  |\n", "table 1")
	f(" \n", "empty file")
}
