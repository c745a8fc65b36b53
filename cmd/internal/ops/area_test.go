package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/area/network"
	"github.com/eksleuth/eksleuth/analyze/checks/area/storage"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

var areas = []*area.Area{network.Area, storage.Area}

// areaScenarios are the bundles whose state is compared with a file. The rest of
// what a section says, which is from the report, changes with the rules.
var areaScenarios = []string{"healthy", "ip-exhaustion", "imds-blocked", "imds-throttled", "hop-limit-1", "disk-pressure", "conntrack-full", "al2-syslog"}

// TestArea_state compares what the sections tell of the state of some bundles with
// testdata/area/NAME.txt. UPDATE_GOLDEN=1 writes them anew. That of al2-syslog has
// no file of the network.
func TestArea_state(t *testing.T) {
	for _, name := range areaScenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			r, views := viewsOf(t, filepath.Join(scenarios, name))
			for _, v := range views {
				proven(t, r, v)
				stateOnly(v)
				if err := report.Area(&got, v, report.Options{Width: 80}); err != nil {
					t.Fatal(err)
				}
			}
			analyzetest.GoldenFile(t, filepath.Join("testdata", "area", name+".txt"), got.String())
		})
	}
}

// proven holds that each value has a place, and that the place is there.
func proven(t *testing.T, r *analyze.Report, v *area.View) {
	t.Helper()
	lines := map[string]int{}
	for _, f := range r.Coverage.Files {
		lines[f.Path] = f.Lines
	}
	check := func(what string, at []area.Place) {
		if len(at) == 0 {
			t.Errorf("%s has no place", what)
		}
		for _, p := range at {
			if n, ok := lines[p.File]; !ok || p.Line < 0 || p.Line > n {
				t.Errorf("%s stands at %v, which is not there", what, p)
			}
		}
	}
	for _, s := range v.Sections {
		for _, f := range s.Facts {
			check(s.Name+": "+f.Label, f.At)
		}
		for _, x := range s.Tables {
			for _, row := range x.Rows {
				if x.Title == "other causes" && len(row.At) == 0 {
					continue // what shows no sign stands nowhere
				}
				check(s.Name+": "+strings.Join(row.Cells, " "), row.At)
			}
		}
		for _, c := range s.Checks {
			if c.Outcome == analyze.Found {
				check(s.Name+": "+c.ID, c.At)
			}
		}
	}
}

// viewsOf analyzes a bundle and tells all of its areas.
func viewsOf(t *testing.T, input string) (r *analyze.Report, views []*area.View) {
	t.Helper()
	home := t.TempDir()
	r = analyzed(t, AnalyzeRequest{Input: input, Home: home, NoIndex: true})
	for _, a := range areas {
		v, err := Area(t.Context(), AreaRequest{Home: home, Case: r.Case.ID, Area: a})
		if err != nil {
			t.Fatal(err)
		}
		views = append(views, v)
	}
	return r, views
}

// stateOnly leaves out what is from the report: that of the metadata service is.
func stateOnly(v *area.View) {
	v.Case = ""
	v.Sections = slices.DeleteFunc(v.Sections, func(s area.SectionView) bool { return s.Name == "imds" })
	for i := range v.Sections {
		s := &v.Sections[i]
		s.Checks, s.Findings, s.Rules, s.Limits = nil, nil, area.Rules{}, []ledger.Entry{}
		s.NotJudged = slices.DeleteFunc(s.NotJudged, func(g area.Gap) bool { return strings.Contains(g.What, ".") && !strings.Contains(g.What, " ") })
	}
}

// What was found stands in its section, with its finding and its proof; and the
// daemons that are dead are said to be.
func TestArea_found(t *testing.T) {
	f := func(bundle, section, check string, place area.Place) {
		t.Helper()
		_, views := viewsOf(t, filepath.Join(scenarios, bundle))
		for _, v := range views {
			for _, s := range v.Sections {
				if s.Name != section {
					continue
				}
				i := slices.IndexFunc(s.Checks, func(c area.Check) bool { return c.ID == check })
				if i < 0 || s.Checks[i].Outcome != analyze.Found || !strings.HasPrefix(s.Checks[i].Finding, "F-") || !slices.Contains(s.Checks[i].At, place) {
					t.Errorf("%s: section %s has not found %s at %v: %+v", bundle, section, check, place, s.Checks)
				}
				return
			}
		}
		t.Errorf("no section %s", section)
	}
	f("ip-exhaustion", "ipamd", "state.ipamd.pool_exhausted", area.Place{File: "ipamd/enis.json", Line: 1})
	f("imds-blocked", "iptables", "state.imds.iptables_block", area.Place{File: "networking/iptables-save.txt", Line: 33})
	f("imds-blocked", "imds", "state.imds.iptables_block", area.Place{File: "networking/iptables-save.txt", Line: 33})
	f("imds-throttled", "ena", "state.ena.linklocal_allowance_exceeded", area.Place{File: "networking/ethtool.txt", Line: 71})
	f("disk-pressure", "disk", "state.disk.nodefs_avail", area.Place{File: "storage/mounts.txt", Line: 29})
}

// What was concluded of the metadata service stands in its section.
func TestArea_imds(t *testing.T) {
	_, views := viewsOf(t, filepath.Join(scenarios, "hop-limit-1"))
	for _, s := range views[0].Sections {
		for _, f := range s.Facts {
			if s.Name == "imds" && f.Label == "conclusion" {
				if want := (area.Place{File: "describe-instances.json", Line: 17}); f.Value != "hop_limit" || !slices.Contains(f.At, want) {
					t.Errorf("conclusion %q at %v, want hop_limit at %v", f.Value, f.At, want)
				}
				return
			}
		}
	}
	t.Error("the section imds has no conclusion")
}

// TestDaemons has the states of the daemons of two nodes.
func TestDaemons(t *testing.T) {
	f := func(bundle, want string) {
		t.Helper()
		home := t.TempDir()
		r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, bundle), Home: home, NoIndex: true})
		daemons, err := Daemons(t.Context(), home, r.Case.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range daemons {
			if d.Wanted {
				got = append(got, fmt.Sprintf("%s=%s", d.Name, d.State))
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", bundle, s, want)
		}
	}
	f("healthy", "kubelet=alive containerd=alive ipamd=alive aws-node=alive kube-proxy=alive chronyd=alive")
	f("imds-blocked", "kubelet=alive containerd=unknown ipamd=unknown aws-node=unknown kube-proxy=alive chronyd=unknown")
}

// A section says the same when only it is asked for, though large files are not
// decoded then.
func TestArea_alone(t *testing.T) {
	home := t.TempDir()
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home, NoIndex: true})
	err := withPass(t.Context(), home, r.Case.ID, all.Formats(), func(p *analyze.Pass, r *analyze.Report) {
		for _, a := range areas {
			for _, s := range a.Read(p, r, nil).Sections {
				v, err := Area(t.Context(), AreaRequest{Home: home, Case: r.Case.ID, Area: a, Sections: []string{s.Name}})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(document(t, s), document(t, v.Sections[0])); diff != "" {
					t.Errorf("%s, alone and with all formats:\n%s", s.Name, diff)
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func document(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHostile_area damages the snapshots of a healthy node: no section may stop,
// and nothing that is printed may move a cursor.
func TestHostile_area(t *testing.T) {
	slow(t)
	home := t.TempDir()
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home, NoIndex: true})
	texts := snapshotsOf(t, home, r.Case.ID)
	rnd := rand.New(rand.NewPCG(1, 2))
	err := withPass(t.Context(), home, r.Case.ID, all.Formats(), func(p *analyze.Pass, r *analyze.Report) {
		for range 100 {
			p.Facts = damaged(rnd, p.Files, texts)
			for _, a := range areas {
				v := a.Read(p, r, nil)
				var b bytes.Buffer
				if err := report.Area(&b, v, report.Options{Width: 80, All: true}); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(b.String(), "stopped: ") {
					t.Fatalf("a section stopped:\n%s", b.String())
				}
				if i := strings.IndexFunc(b.String(), func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }); i >= 0 {
					t.Fatalf("a control character is printed: %q", b.String()[max(0, i-40):i+10])
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// snapshotsOf are the texts of the files of a case that have a snapshot format.
func snapshotsOf(t *testing.T, home, id string) map[string][]byte {
	t.Helper()
	c, err := index.Open(index.Home(home).Dir(id))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	texts := map[string][]byte{}
	for _, f := range c.Files {
		i := slices.IndexFunc(all.Formats(), func(x *parsers.Format) bool { return x.Name == f.Format })
		if i < 0 || all.Formats()[i].Decode == nil {
			continue
		}
		var b bytes.Buffer
		if err := c.Copy(context.Background(), &b, f, 0, f.Bytes); err != nil {
			t.Fatal(err)
		}
		texts[f.Path] = b.Bytes()
	}
	return texts
}

// damaged decodes all files anew, each changed in some places.
func damaged(rnd *rand.Rand, files []*index.File, texts map[string][]byte) (facts []index.Fact) {
	pieces := []string{"\x1b[2J", "\u202e", "\x00", "-1", "99999999999999999999", "%", "{", "\"", "/", " ", "\t", "\n", "\xff", "0x", ":", "eni", "169.254.169.254"}
	for _, f := range files {
		text, ok := texts[f.Path]
		if !ok {
			continue
		}
		text = slices.Clone(text)
		for range rnd.IntN(6) {
			at := rnd.IntN(len(text) + 1)
			end := min(at+rnd.IntN(20), len(text))
			text = slices.Concat(text[:at], []byte(pieces[rnd.IntN(len(pieces))]), text[end:])
		}
		for _, format := range all.Formats() {
			if format.Name == f.Format {
				value, err := format.Decode(f.Path, text)
				if err != nil {
					value = nil
				}
				facts = append(facts, index.Fact{File: f, Value: value, Err: err})
			}
		}
	}
	return facts
}
