package nvidia_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/nvidia"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, nvidia.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, nvidia.Format) }

func TestMutations(t *testing.T) {
	const report = "gpu/nvidia-bug-report.log.gz"
	parserstest.Mutate(t, nvidia.Format,
		parserstest.Mutation{File: report, Old: "Kernel Module  550.90.07  Fri May 31 09:35:42 UTC 2024\nGCC", New: "Kernel Module  550.54.15  Fri May 31 09:35:42 UTC 2024\nGCC",
			Want: []string{"Module.Value: 550.90.07 -> 550.54.15"}},
		parserstest.Mutation{File: report, Old: "Driver Version                            : 550.90.07\nCUDA", New: "Driver Version                            : 550.54.15\nCUDA",
			Want: []string{"Driver.Value: 550.90.07 -> 550.54.15"}},
		parserstest.Mutation{File: report, Old: "Attached GPUs                             : 2", New: "Attached GPUs                             : 1", Want: []string{"Attached.Value: 2 -> 1"}},
		parserstest.Mutation{File: report, Old: "Remapping Failure Occurred        : Yes", New: "Remapping Failure Occurred        : No", Want: []string{"GPUs[1].RemapFailed.Value: Yes -> No"}},
		parserstest.Mutation{File: report, Old: "SRAM Uncorrectable SEC-DED    : 4", New: "SRAM Uncorrectable SEC-DED    : 5", Want: []string{"GPUs[1].Aggregate.SRAMUncorrectable.Value: 4 -> 5"}},
		parserstest.Mutation{File: report, Old: "DRAM Correctable              : 5", New: "DRAM Correctable              : 6", Want: []string{"GPUs[0].Aggregate.Correctable.Value: 8 -> 9"}},
		parserstest.Mutation{File: report, Old: "(PCI:0000:31:00): 31,", New: "(PCI:0000:31:00): 32,", Want: []string{
			"Xids[1].Number: 31 -> 32", "XidCounts[3].Number: 31 -> 32",
			"Xids[1].Text: " + mmuFault("31") + " -> " + mmuFault("32")}},
		parserstest.Mutation{File: report, Old: "End of NVIDIA", New: "end of nvidia", Want: []string{
			"Complete: true -> false", "Sections[11].Title: End of NVIDIA bug report log file. -> end of nvidia bug report log file."}},
	)
}

func mmuFault(xid string) string {
	return "Nov 20 20:11:02 ip-10-0-12-34 kernel: NVRM: Xid (PCI:0000:31:00): " + xid + ", pid=4242, name=python3, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS"
}

// The sections cover the report: each begins where the one before has ended.
func TestSections(t *testing.T) {
	for _, file := range parserstest.Files(t, "testdata") {
		if strings.Contains(file.Path, "exec") {
			continue
		}
		r, err := nvidia.Parse(file.Path, file.Text)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(file.Text, []byte("\n"))
		last := 0
		for _, s := range r.Sections {
			if s.First <= last || s.Last < s.First || s.Last > len(lines) || !strings.HasSuffix(string(lines[s.First-1]), s.Title) {
				t.Errorf("%s: section %+v after line %d, its first line is %q", file.Case, s, last, lines[s.First-1])
			}
			last = s.Last
		}
	}
}

// Serial numbers are not kept.
func TestSerials(t *testing.T) {
	for _, file := range parserstest.Files(t, "testdata") {
		if !bytes.Contains(file.Text, []byte("1234567890123")) {
			continue
		}
		r, err := nvidia.Parse(file.Path, file.Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range r.GPUs {
			if strings.Contains(g.Name.Value+g.UUID.Value+g.FirstError.Value, "1234567890123") {
				t.Errorf("%s: %+v has the serial number", file.Case, g)
			}
		}
	}
}

// What is kept of a hostile report is bounded, what is left out is said.
func TestBounds(t *testing.T) {
	mark := "\n" + strings.Repeat("_", 44) + "\n\n"
	text := strings.Repeat(mark+"x\n", 6000) + mark + "dmesg:\n\n" + strings.Repeat("NVRM: Xid (PCI:0000:31:00): 31, x\n", 5000)
	r, err := nvidia.Parse("gpu/nvidia-bug-report.log.gz", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Sections) != 5000 || len(r.Xids) != 1000 || !r.Cut || len(r.XidCounts) != 1 || r.XidCounts[0].Count != 5000 {
		t.Errorf("%d sections, %d Xids, counts %v, cut %v", len(r.Sections), len(r.Xids), r.XidCounts, r.Cut)
	}
}
