package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/brsettings"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/kubeconfig"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// besideName matches the names under which people save side inputs. The word
// stands at the start or the end of the name, with more beside it or without:
// nodes.json, describe-instances-blue.txt, i-07c3d9ab1e4f301ef_events.yaml.
var besideName = regexp.MustCompile(`(?i)^(?:.*[-_.])?(?:` +
	`describe-instances?|instances?|describe-launch-templates?(?:-versions?)?|launch-templates?(?:-versions?)?|` +
	`describe-cluster|cluster|nodes?|pods?|events?|` +
	`capi|capa|aws(?:managed)?machine(?:template|pool)?s?|machine-?(?:template|pool)s?)` +
	`(?:[-_.].*)?\.(?:json|ya?ml|txt)(?:\.gz)?$|\.(?:pcap|pcapng)(?:\.gz)?$|^(?:.*[-_.])?tcpdump(?:[-_.].*)?\.(?:txt|log)(?:\.gz)?$`)

// Limits of what is looked at beside a bundle.
const (
	maxBeside      = index.MaxFact // bytes of a file, unpacked
	maxBesideFiles = 50            // that are used
	maxBesideSeen  = 1000          // that are opened
	maxBesideAll   = 256 << 20     // bytes of all files
	maxEntries     = 20_000        // of the folder
)

// beside returns the files that lie beside the bundle and are about its node:
// their name and their content say what they are, and they name the node by its
// instance ID, name or address. What is not used is told and not read.
func (a *analysis) beside(ctx context.Context) ([]string, error) {
	if a.NoBeside || a.Input == "-" {
		return nil, nil
	}
	all, err := a.candidates(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	node, err := a.nodeOf(ctx, all)
	if err != nil {
		return nil, err
	}
	var used []string
	for _, c := range all {
		name := filepath.Base(c.path)
		if !c.names(node) {
			a.tell("%s lies beside the bundle and is not used: it does not name this node", name)
			continue
		}
		if len(used) == maxBesideFiles {
			a.tell("%s lies beside the bundle and is not used: %d files are; give it with --with", name, maxBesideFiles)
			continue
		}
		a.tell("%s lies beside the bundle and is used too (--no-beside leaves it out)", name)
		used = append(used, c.path)
	}
	return used, nil
}

func (a *analysis) tell(format string, args ...any) {
	if a.Notice != nil {
		a.Notice(fmt.Sprintf(format, args...))
	}
}

// A candidate is a file beside the bundle that has the form of a side input.
type candidate struct {
	path   string
	format *parsers.Format
	fact   any    // of a snapshot
	text   string // of a log, its start
}

// names reports whether the file is about the node for sure.
func (c *candidate) names(n *side.Node) bool {
	if c.fact != nil {
		return n.Describe(c.fact).Match == side.Same
	}
	return slices.ContainsFunc(n.IPs, func(ip string) bool { return hasAddress(c.text, ip) })
}

// hasAddress finds an address that no further digits or parts belong to; behind
// a dot tcpdump writes the port.
func hasAddress(text, ip string) bool {
	for {
		before, after, ok := strings.Cut(text, ip)
		if !ok {
			return false
		}
		if (before == "" || !strings.ContainsAny(before[len(before)-1:], "0123456789.")) && (after == "" || !strings.ContainsAny(after[:1], "0123456789")) {
			return true
		}
		text = after
	}
}

// candidates lists them by name. A folder that cannot be listed has none.
func (a *analysis) candidates(ctx context.Context) ([]candidate, error) {
	input, err := filepath.Abs(a.Input)
	if err != nil {
		return nil, nil
	}
	info, err := os.Stat(input)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return nil, nil
	}
	entries, err := readDir(filepath.Dir(input))
	if err != nil {
		return nil, nil
	}
	var all []candidate
	left := int64(maxBesideAll)
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(input), e.Name())
		if !besideName.MatchString(e.Name()) || e.IsDir() || path == input || a.given(path) {
			continue
		}
		info, err := e.Info()
		unused := func(why string) { a.tell("%s lies beside the bundle and is not used: %s", e.Name(), why) }
		switch {
		case err != nil || info.Size() == 0 || sameFile(path, input):
			continue
		case e.Type()&os.ModeSymlink != 0:
			unused("it is a link; give it with --with")
			continue
		case !e.Type().IsRegular():
			continue
		case len(all) == maxBesideSeen || info.Size() > left:
			unused("too many files lie there; give it with --with")
			continue
		case info.Size() > maxBeside:
			unused(tooLarge)
			continue
		}
		c, size, err := a.open(ctx, path)
		switch {
		case errors.Is(err, errLarge):
			unused(tooLarge)
		case c != nil:
			left -= size
			all = append(all, *c)
		}
	}
	return all, nil
}

var (
	errLarge = errors.New("too large")
	tooLarge = fmt.Sprintf("it is larger than %d MiB", maxBeside>>20)
)

// sameFile reports whether a link is one to the bundle.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// given reports whether the user named a file.
func (a *analysis) given(path string) bool {
	return slices.ContainsFunc(a.With, func(with string) bool {
		abs, err := filepath.Abs(with)
		return err == nil && abs == path
	})
}

var errMany = errors.New("too many files")

// readDir lists a folder that is not too large, sorted by name.
func readDir(dir string) ([]os.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > maxEntries {
		return nil, errMany
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// open reads a file that can be a side input, and returns its size; nil if its
// content is of none.
func (a *analysis) open(ctx context.Context, path string) (*candidate, int64, error) {
	text, err := a.readBeside(ctx, path)
	if err != nil {
		return nil, 0, err
	}
	head := text[:min(len(text), parsers.SniffLen)]
	for _, f := range sideFormats {
		if !f.Sniff(head) {
			continue
		}
		c := &candidate{path: path, format: f}
		switch {
		case f.Decode == nil && f != tcpdump.Format:
			return nil, 0, nil // names no node
		case f.Decode == nil:
			c.text = string(text[:min(len(text), 1<<20)])
			return c, int64(len(text)), nil
		}
		if c.fact, err = f.Decode(filepath.Base(path), text); err != nil {
			return nil, 0, nil
		}
		return c, int64(len(text)), nil
	}
	return nil, 0, nil
}

// readBeside reads a file as an analysis does: unpacked, and UTF-16 as UTF-8.
func (a *analysis) readBeside(ctx context.Context, path string) (text []byte, err error) {
	src, err := bundle.Open(path, nil, &a.Limits)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	src.Beside()
	err = src.Walk(ctx, func(f bundle.File) error {
		if text != nil {
			return nil
		}
		text, err = io.ReadAll(io.LimitReader(f.R, maxBeside+1))
		if err == nil && len(text) > maxBeside {
			err = errLarge
		}
		return err
	})
	return text, err
}

// nodeOf says who the node is: by the name of the bundle and what candidates
// say of it, and where that leaves one open, by files of the bundle.
func (a *analysis) nodeOf(ctx context.Context, all []candidate) (*side.Node, error) {
	facts := make([]index.Fact, len(all))
	for i, c := range all {
		facts[i] = index.Fact{File: &index.File{Path: index.ExtraDir + "/" + filepath.Base(c.path)}, Value: c.fact}
	}
	name := filepath.Base(a.Input)
	node := analyze.NodeOf(name, facts)
	decided := func(c candidate) bool {
		if c.fact == nil {
			return len(node.IPs) > 0
		}
		m := node.Describe(c.fact).Match
		return m == side.Same || m == side.Other
	}
	if !slices.ContainsFunc(all, func(c candidate) bool { return !decided(c) }) {
		return node, nil
	}
	own, err := a.identity(ctx, slices.ContainsFunc(all, func(c candidate) bool { return c.format == ekscluster.Format }))
	if err != nil {
		return nil, err
	}
	return analyze.NodeOf(name, append(facts, own...)), nil
}

var errEnough = errors.New("enough is known")

// identity decodes the small files of the bundle that say who the node is. It
// stops when the instance and the host name are known, unless the cluster is
// asked for too.
func (a *analysis) identity(ctx context.Context, cluster bool) (facts []index.Fact, err error) {
	src, err := bundle.Open(a.Input, nil, &a.Limits)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	formats := []*parsers.Format{instance.Format, uname.Format, kubeconfig.Format, brsettings.Format}
	seen := map[string]bool{}
	err = src.Walk(ctx, func(f bundle.File) error {
		i := slices.IndexFunc(formats, func(format *parsers.Format) bool { return format.Matches(f.Path) })
		if i < 0 {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(f.R, 1<<20))
		if err != nil {
			return nil // damaged here: the analysis tells
		}
		if v, err := formats[i].Decode(f.Path, text); err == nil {
			facts = append(facts, index.Fact{File: &index.File{Path: f.Path}, Value: v})
			seen[f.Path] = true
		}
		if !cluster && seen["system/instance-id.txt"] && seen["kernel/uname.txt"] {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) || errors.Is(err, bundle.ErrNotBundle) {
		err = nil // the analysis says so again
	}
	return facts, err
}
