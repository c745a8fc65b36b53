// Package ops holds the operations of eksleuth. The command line and every
// other front end call these, so that each exists once.
package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// ErrNoCase means that no case has the ID, prefix, instance or bundle asked for.
var ErrNoCase = index.ErrNoCase

// AnalyzeRequest says what to analyze and how.
type AnalyzeRequest struct {
	Input    string    // a bundle's path, "-" for stdin, or a case
	Stdin    io.Reader // nil means none
	With     []string  // further files about the node, such as describe-instances output
	Home     string    // where cases are kept; see Home
	Rules    []string  // folders with rules of the user
	Runbooks []string  // folders with runbooks of the user
	NoIndex  bool      // build no search index
	NoBeside bool      // read no files that lie beside the bundle
	Limits   bundle.Limits
	Workers  int                     // 0 means one for each processor
	Progress func(done, total int64) // packed bytes; total is -1 when unknown; nil means silent
	Notice   func(string)            // told of the files that were found beside the bundle; nil means silent
	Version  string                  // of the tool, for the report
}

// Engine makes the engine that a request asks for: the rules and checks in the
// binary, and those of the user.
func (req *AnalyzeRequest) Engine() (*analyze.Engine, error) {
	rules, checks, err := Rules(req.Home, req.Rules, req.Runbooks)
	if err != nil {
		return nil, err
	}
	e, err := analyze.New(rules, checks)
	if err != nil {
		return nil, &UserError{err} // those in the binary are tested
	}
	return e, nil
}

// A UserError is a mistake in what the user gave: a rule that does not parse.
type UserError struct{ Err error }

func (e *UserError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UserError) Unwrap() error { return e.Err }

func load(dir string, read func(fs.FS) ([]*analyze.Rule, error)) ([]*analyze.Rule, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, &UserError{err}
	} else if !info.IsDir() {
		return nil, &UserError{fmt.Errorf("%s: is not a folder", dir)}
	}
	rules, err := read(os.DirFS(dir))
	if err != nil {
		return nil, &UserError{fmt.Errorf("%s: %w", dir, err)}
	}
	return rules, nil
}

// Home is the folder that cases are kept in: flag, $EKSLEUTH_HOME, or the data
// folder of the system.
func Home(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if dir := os.Getenv("EKSLEUTH_HOME"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "eksleuth", "cases"), nil
	}
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "eksleuth", "cases"), nil
		}
		return "", errors.New("neither --home nor %LocalAppData% says where cases are kept")
	case "darwin":
		dir, err := os.UserHomeDir()
		return filepath.Join(dir, "Library", "Application Support", "eksleuth", "cases"), err
	}
	dir, err := os.UserHomeDir()
	return filepath.Join(dir, ".local", "share", "eksleuth", "cases"), err
}

// Report returns the last report of a case.
func Report(ctx context.Context, home, ref string) (*analyze.Report, error) {
	h, id, err := find(ctx, home, ref)
	if err != nil {
		return nil, err
	}
	r, err := readReport(h.Dir(id))
	if err != nil {
		return nil, &unreadable{id, err}
	}
	return r, nil
}

// find resolves what a user calls a case; a bundle's path is one of its names.
func find(ctx context.Context, home, ref string) (index.Home, string, error) {
	dir, err := Home(home)
	if err != nil {
		return "", "", err
	}
	h := index.Home(dir)
	if id, err := h.Find(ref); err == nil {
		return h, id, nil
	} else if _, statErr := os.Stat(ref); statErr != nil {
		return h, "", err
	}
	id, err := findBundle(ctx, h, ref)
	return h, id, err
}

// findBundle looks for the case that was made of a bundle. If there are several,
// it is that with the files that lie beside the bundle, else that without any.
func findBundle(ctx context.Context, h index.Home, path string) (string, error) {
	src, err := bundle.Open(path, nil, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	defer src.Close()
	sum, err := contentSum(ctx, src)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	ids, err := casesOf(ctx, h, sum)
	switch {
	case err != nil:
		return "", err
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0:
		return byKey(h, path, sum)
	}
	a := &analysis{AnalyzeRequest: AnalyzeRequest{Input: path}, home: h}
	extra, err := a.extra(ctx)
	defer extra.close()
	if err != nil {
		return "", err
	}
	if id, err := h.ByKey(caseKey(filepath.Base(path), sum, extra.sums)); err != nil || id != "" {
		return id, err
	}
	if id, err := h.ByKey(caseKey(filepath.Base(path), sum, nil)); err != nil || id != "" {
		return id, err
	}
	return "", fmt.Errorf("%w: %s was analyzed with different files, name one of %s", ErrNoCase, path, strings.Join(ids, ", "))
}

func byKey(h index.Home, path, sum string) (string, error) {
	if id, err := h.ByKey(caseKey(filepath.Base(path), sum, nil)); err != nil || id != "" {
		return id, err
	}
	return "", fmt.Errorf("%w: %s has not been analyzed", ErrNoCase, path)
}

// casesOf lists the cases of a bundle, whatever files were read with it.
func casesOf(ctx context.Context, h index.Home, sum string) (found []string, err error) {
	ids, err := h.IDs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if info, err := readCaseInfo(h.Dir(id)); err == nil && info.SHA256 == sum {
			found = append(found, id)
		}
	}
	return found, nil
}

// contentSum is the sum of a source, which for a folder takes reading it.
func contentSum(ctx context.Context, src *bundle.Source) (string, error) {
	if sum, err := src.Sum(); err != nil || sum != "" {
		return sum, err
	}
	err := src.Walk(ctx, func(f bundle.File) error {
		_, err := io.Copy(io.Discard, f.R)
		return err
	})
	if err != nil {
		return "", err
	}
	return src.Sum()
}

// A NumberedLine is a line of a bundle file.
type NumberedLine struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// maxLine cuts the lines that Context returns.
const maxLine = 8 << 10

// Context returns the lines around a place of evidence.
func Context(ctx context.Context, home, ref string, ev analyze.Evidence, before, after int) ([]NumberedLine, error) {
	h, id, err := find(ctx, home, ref)
	if err != nil {
		return nil, err
	}
	c, err := index.Open(h.Dir(id))
	if err != nil {
		return nil, &unreadable{id, err}
	}
	defer c.Close()
	f := c.File(ev.File)
	if f == nil {
		return nil, fmt.Errorf("%s: no file %q in the case", id, ev.File)
	}
	var out []NumberedLine
	err = c.Lines(f, max(1, ev.Line-before), maxLine, func(n int, text []byte) bool {
		if n > ev.Line+after {
			return false
		}
		out = append(out, NumberedLine{n, string(text)})
		return true
	})
	return out, damage(ctx, id, err)
}
