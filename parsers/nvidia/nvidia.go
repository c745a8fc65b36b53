// Package nvidia reads what nvidia-bug-report.sh collects on a node with GPUs:
// its report, and what it says while it runs.
package nvidia

import (
	"bytes"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the report and the output of its script.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "GPUs of the node, nvidia-bug-report.sh.",
	Files:  []string{"gpu/nvidia-bug-report.log*", "gpu/nvidia-bug-report-exec.log"},
	Sniff:  func(head []byte) bool { return bytes.Contains(head, startOfReport) },
	Aside:  true,
	Decode: decode,
}

const name = "nvidia"

var (
	startOfReport = []byte("\nStart of NVIDIA bug report log file.")
	endOfReport   = []byte("End of NVIDIA bug report log file.")
)

func decode(file string, text []byte) (any, error) {
	if path.Base(file) == "nvidia-bug-report-exec.log" {
		return ParseRun(file, text)
	}
	return Parse(file, text)
}

// A Run is what the script said.
type Run struct {
	Started  Text       // the line "Running ..."
	Complete bool       // it came to its end
	Errors   rows.Notes // why it did not
}

// ParseRun reads the output of the script.
//
//	nvidia-bug-report.sh will now collect information about your
//	system and create the file '/tmp/nvidia-bug-report.log.gz' in the current
//	directory.  It may take several seconds to run.  In some
//	Running nvidia-bug-report.sh... complete.
func ParseRun(file string, text []byte) (*Run, error) {
	r, odd := &Run{}, rows.Notes{}
	for num, line := range rows.Lines(text) {
		switch s := strings.TrimSpace(line); {
		case strings.HasPrefix(s, "Running "):
			r.Started = Text{rows.Clip(s, maxText), num}
			r.Complete = strings.HasSuffix(s, " complete.")
		case r.Started.Line > 0 && s == "complete.":
			r.Complete = true // something was printed in between
		case strings.HasPrefix(s, "ERROR: "), strings.HasPrefix(s, "Error: "):
			r.Errors.Add(num, s)
		default:
			odd.Add(num, s)
		}
	}
	if r.Started.Line == 0 && len(r.Errors) == 0 {
		return nil, odd.Fail(name, file, "nothing of nvidia-bug-report.sh")
	}
	return r, nil
}
