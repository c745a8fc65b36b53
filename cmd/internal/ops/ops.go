// Package ops holds the operations of eksleuth. The command line and every
// other front end call these, so that each exists once.
package ops

import (
	"context"
	"errors"
	"io"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// ErrNoCase means that no case has the ID, prefix, instance or bundle asked for.
var ErrNoCase = errors.New("no such case")

// AnalyzeRequest says what to analyze and how.
type AnalyzeRequest struct {
	Input    string    // a bundle's path, "-" for stdin, or a case
	Stdin    io.Reader // nil means none
	With     []string  // further files about the node, such as describe-instances output
	Home     string    // where cases are kept; see Home
	Rules    []string  // folders with rules of the user
	Runbooks []string  // folders with runbooks of the user
	NoIndex  bool      // build no search index
	Limits   bundle.Limits
	Workers  int                     // 0 means one for each processor
	Progress func(done, total int64) // packed bytes; total is -1 when unknown; nil means silent
	Version  string                  // of the tool, for the report
}

// A CaseRef is one line of the list of cases.
type CaseRef struct {
	ID, InstanceID, Bundle, CollectedAt string
	Bytes                               int64 // on disk
	Files, Findings                     int
	Worst                               analyze.Severity // "" for none
}

// A NumberedLine is a line of a bundle file.
type NumberedLine struct {
	N    int
	Text string
}

var errSoon = errors.New("ops: being written")

// Analyze reads a bundle into its case, or comes back to the case, and returns the report.
func Analyze(ctx context.Context, req AnalyzeRequest) (*analyze.Report, error) { return nil, errSoon }

// Cases lists the cases below home, newest collection first.
func Cases(ctx context.Context, home string) ([]CaseRef, error) { return nil, errSoon }

// RemoveCase deletes one case.
func RemoveCase(ctx context.Context, home, ref string) error { return errSoon }

// Report returns the last report of a case.
func Report(ctx context.Context, home, ref string) (*analyze.Report, error) { return nil, errSoon }

// Context returns the lines around a place of evidence.
func Context(ctx context.Context, home, ref string, ev analyze.Evidence, before, after int) ([]NumberedLine, error) {
	return nil, errSoon
}

// Home is the folder that cases are kept in: flag, $EKSLEUTH_HOME, or the data
// folder of the system.
func Home(flag string) (string, error) { return "", errSoon }
