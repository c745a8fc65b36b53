package area_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/area/network"
	"github.com/eksleuth/eksleuth/analyze/checks/area/storage"
	"github.com/eksleuth/eksleuth/analyze/report"
)

var areas = []*area.Area{network.Area, storage.Area}

// Each txtar of testdata is a bundle with the names of areas in its section
// sections, and what is told of them in its section want. UPDATE_GOLDEN=1 rewrites
// that.
func TestRead(t *testing.T) { analyzetest.Golden(t, "testdata", told) }

// told is what people read of the areas that an archive names.
func told(t *testing.T, ar *txtar.Archive) string {
	t.Helper()
	var b bytes.Buffer
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "sections" })
	wanted := strings.Fields(string(ar.Files[i].Data))
	p := analyzetest.Pass(&txtar.Archive{Files: slices.DeleteFunc(slices.Clone(ar.Files), func(f txtar.File) bool { return f.Name == "sections" })})
	for _, a := range areas {
		if slices.Contains(wanted, a.Name) {
			v := a.Read(p, &analyze.Report{Case: *p.Case}, nil)
			if err := report.Area(&b, v, report.Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

// ours are the families of checks that are about the network or the storage.
var ours = []string{
	"iptables", "iprule", "route", "ipamd", "cni", "if", "ena", "efa", "conntrack", "netstat", "resolv", "ping", "imds", "networkd",
	"disk", "mount", "fstab", "xfs", "lvm", "ebs", "pod_storage",
}

// Each check of these families stands in a section, and each pattern of a section
// means something.
func TestSections(t *testing.T) {
	var ids []string
	for _, c := range checks.All() {
		ids = append(ids, c.ID)
		in := false
		for _, a := range areas {
			in = in || slices.ContainsFunc(a.Sections, func(s area.Section) bool { return s.About(c.ID) })
		}
		if family := strings.Split(c.ID, "."); !in && len(family) == 3 && slices.Contains(ours, family[1]) {
			t.Errorf("%s is in no section of network and storage", c.ID)
		}
	}
	rules, err := analyze.Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		ids = append(ids, r.ID)
	}
	for _, a := range areas {
		for _, s := range a.Sections {
			for _, pattern := range s.Checks {
				if !slices.ContainsFunc(ids, func(id string) bool { return analyze.IDGlob(pattern, id) }) {
					t.Errorf("%s/%s: no check or rule is %s", a.Name, s.Name, pattern)
				}
			}
		}
	}
}

// A packet filter with twenty thousand addresses and endpoints of one service is
// told in bounds, and without comparing each with each.
func TestHostile(t *testing.T) {
	var rules strings.Builder
	rules.WriteString("*nat\n:KUBE-SERVICES - [0:0]\n")
	for i := range 20_000 {
		fmt.Fprintf(&rules, "-A KUBE-SERVICES -d 10.%d.%d.%d/32 -p udp -m comment --comment \"kube-system/kube-dns:dns cluster IP\" -m udp --dport 53 -j KUBE-SVC-X\n", i>>16, i>>8&255, i&255)
		fmt.Fprintf(&rules, "-A KUBE-SEP-%d -p udp -m comment --comment \"kube-system/kube-dns:dns\" -m udp -j DNAT --to-destination 10.0.34.7:53\n", i)
	}
	rules.WriteString("COMMIT\n")
	p := analyzetest.Pass(&txtar.Archive{Files: []txtar.File{{Name: "networking/iptables-save.txt", Data: []byte(rules.String())}}})
	v := network.Area.Read(p, &analyze.Report{Case: *p.Case}, []string{"dns", "kube-proxy"})
	if n := len(v.Sections[0].Facts); n > 500 {
		t.Errorf("%d facts", n)
	}
	services := v.Sections[1].Tables[0]
	if n := len(services.Rows) + services.More; n != 20_000 || len(services.Rows) > 2000 || services.Rows[0].Cells[2] != "20000" {
		t.Errorf("%d services, %d of them listed, the first with %s endpoints", n, len(services.Rows), services.Rows[0].Cells[2])
	}
}
