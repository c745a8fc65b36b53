package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

func validated(t *testing.T, r *analyze.Report, o Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Validate(&out, r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestValidate(t *testing.T) {
	r := sick()
	r.Findings = append(r.Findings, analyze.Finding{
		ID: "F-009", Rule: "bundle.file_empty", Severity: analyze.Low, Title: "Files are empty that should not be", Summary: "kernel/dmesg.current is empty.",
	})
	golden(t, "validate.txt", validated(t, r, Options{}))
	golden(t, "validate_all.txt", validated(t, r, Options{All: true, Width: 100}))
	golden(t, "validate_broken.txt", validated(t, broken(), Options{}))
	golden(t, "validate_empty.txt", validated(t, &analyze.Report{}, Options{}))
}

func TestValidate_width(t *testing.T) {
	r := sick()
	r.Coverage.Expected[0].Detail = strings.Repeat("節點磁碟已滿", 30) + "\x1b[31m"
	for _, width := range []int{40, 80} {
		for i, line := range strings.Split(validated(t, r, Options{Width: width, All: true}), "\n") {
			place := strings.Contains(line, "/") && !strings.Contains(strings.TrimSpace(line), " ")
			if n := columns(line); n > width && !place {
				t.Errorf("width %d, line %d has %d columns: %q", width, i+1, n, line)
			}
			if strings.Contains(line, "\x1b") {
				t.Errorf("line %d holds a control character: %q", i+1, line)
			}
		}
	}
}
