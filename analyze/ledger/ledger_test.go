package ledger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// Each txtar of testdata is a bundle with the entries that are not without all
// data in its section want; UPDATE_GOLDEN=1 rewrites that.
func TestRead(t *testing.T) {
	analyzetest.Golden(t, "testdata", func(t *testing.T, ar *txtar.Archive) string {
		p := analyzetest.Pass(ar)
		all := ledger.Read(p.Ledger())
		for i := range all {
			places(t, p, &all[i])
		}
		return render(all)
	})
}

// places tests that what is cited is in the bundle.
func places(t *testing.T, p *analyze.Pass, e *ledger.Entry) {
	t.Helper()
	for _, a := range []*ledger.Amount{e.Used, e.Allowed, e.Left, e.Over} {
		if a == nil {
			continue
		}
		if f := p.File(a.File); f == nil || a.Line < 0 || a.Line > f.Lines {
			t.Errorf("%s cites %s, which is not in the bundle", e.Name, a.Pos())
		}
	}
	if e.Share == nil && e.Unknown == "" {
		t.Errorf("%s %s has no share and does not say why", e.Name, e.Of)
	}
	if e.Rules == nil {
		t.Errorf("%s has a nil list of rules", e.Name)
	}
}

func render(all []ledger.Entry) string {
	var b strings.Builder
	for _, e := range all {
		if e.Used == nil && e.Allowed == nil && e.Left == nil && e.Over == nil {
			continue
		}
		fmt.Fprintf(&b, "%s", strings.TrimSpace(e.Name+" "+e.Of))
		if e.Share != nil {
			fmt.Fprintf(&b, " %.1f%%", *e.Share)
		}
		if e.Tight {
			b.WriteString(" tight")
		}
		b.WriteByte('\n')
		for _, a := range []struct {
			name string
			*ledger.Amount
		}{{"used", e.Used}, {"allowed", e.Allowed}, {"left", e.Left}, {"over", e.Over}} {
			if a.Amount != nil {
				fmt.Fprintf(&b, "\t%s\n", strings.TrimSpace(fmt.Sprintf("%s %d %s %s", a.name, a.Value, a.Pos(), a.Note)))
			}
		}
		for _, x := range []struct {
			name string
			*ledger.Trip
		}{{"reached", e.Reached}, {"next", e.Next}} {
			if x.Trip != nil {
				at := ""
				if x.File != "" {
					at = fmt.Sprintf(" (%s:%d)", x.File, x.Line)
				}
				fmt.Fprintf(&b, "\t%s %.0f%% %s%s\n", x.name, x.Share, x.What, at)
			}
		}
		if e.Unknown != "" {
			fmt.Fprintf(&b, "\tunknown: %s\n", e.Unknown)
		}
	}
	return b.String()
}

// Of an empty bundle nothing is known, and every entry says so.
func TestRead_empty(t *testing.T) {
	for _, e := range ledger.Read(analyzetest.Pass(&txtar.Archive{}).Ledger()) {
		if e.Known() || e.Used != nil || e.Allowed != nil || e.Unknown == "" || e.Tight {
			t.Errorf("an empty bundle gives %+v", e)
		}
	}
	if all := ledger.Read(&ledger.Bundle{}); len(all) == 0 {
		t.Error("without a card there are no entries")
	}
}

// On a healthy node nothing is tight, and every resource is told.
func TestRead_healthy(t *testing.T) {
	all := ledger.Read(analyzetest.Pass(analyzetest.Folder(t, "../../testdata/bundles/healthy")).Ledger())
	told := map[string]bool{}
	for _, e := range all {
		told[e.Name] = true
		if e.Tight {
			t.Errorf("%s %s is tight on a healthy node: %v", e.Name, e.Of, e.Percent())
		}
	}
	for _, name := range []string{"enis", "addresses", "pool", "pods", "conntrack", "ena", "pids", "threads", "files", "inotify_instances", "inotify_watches", "disk", "inodes", "volumes"} {
		if !told[name] {
			t.Errorf("no entry %s", name)
		}
	}
}

// The rules that entries name are there.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, c := range checks.All() {
		known[c.ID] = true
	}
	rules, err := analyze.Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		known[r.ID] = true
	}
	ar, err := txtar.ParseFile("testdata/full.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range ledger.Read(analyzetest.Pass(ar).Ledger()) {
		for _, id := range e.Rules {
			if !known[id] {
				t.Errorf("%s names %s, which is no rule", e.Name, id)
			}
		}
	}
}

// What the checks say of a resource are the numbers of its entry.
func TestAgrees(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/full.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := analyzetest.Pass(ar)
	entries := map[string]ledger.Entry{}
	for _, e := range ledger.Read(p.Ledger()) {
		entries[e.Name] = e
	}
	f := func(check, name, format string) {
		t.Helper()
		e := entries[name]
		v := verdict(t, p, check)
		said := v.Note
		for _, m := range v.Matches {
			said += m.Summary
		}
		want := strings.NewReplacer("USED", fmt.Sprint(e.Used.Value), "ALLOWED", fmt.Sprint(e.Allowed.Value), "SHARE", fmt.Sprintf("%.0f %%", e.Percent())).Replace(format)
		if !strings.Contains(said, want) {
			t.Errorf("%s says %q; the entry is %q", check, said, want)
		}
	}
	f("state.conntrack.table_near_full", "conntrack", "USED of ALLOWED connections are tracked (SHARE)")
	f("state.sysctl.pid_max", "threads", "USED threads of ALLOWED")
	f("state.sysctl.file_nr", "files", "USED of ALLOWED files are open (SHARE)")
	f("state.ipamd.pool_exhausted", "pool", "USED of ALLOWED addresses are in use")
	f("state.ipamd.eni_max_reached", "enis", "USED of ALLOWED interfaces")
	f("state.ipamd.eni_max_reached", "addresses", "USED of ALLOWED addresses")
	f("state.ebs.attachments", "volumes", "USED of the ALLOWED slots")
	f("state.disk.nodefs_avail", "disk", "is SHARE full")
}

func verdict(t *testing.T, p *analyze.Pass, id string) analyze.Verdict {
	t.Helper()
	all := checks.All()
	i := slices.IndexFunc(all, func(c *analyze.Check) bool { return c.ID == id })
	p.Check = all[i]
	v, err := all[i].Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// FuzzRead puts any text into the files that the entries read.
func FuzzRead(f *testing.F) {
	ar, err := txtar.ParseFile("testdata/full.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for i, file := range ar.Files {
		f.Add(uint8(i), file.Data)
	}
	f.Add(uint8(0), []byte("awscni_ip_max NaN\nawscni_eni_max +Inf\nawscni_eni_allocated -1\n"))
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		changed := &txtar.Archive{Files: slices.Clone(ar.Files)}
		changed.Files = slices.DeleteFunc(changed.Files, func(x txtar.File) bool { return x.Name == "case" || x.Name == "hits" || x.Name == "want" })
		changed.Files[int(which)%len(changed.Files)].Data = text
		p := analyzetest.Pass(changed)
		all := ledger.Read(p.Ledger())
		for i := range all {
			places(t, p, &all[i])
		}
		if _, err := json.Marshal(all); err != nil {
			t.Error(err)
		}
	})
}
