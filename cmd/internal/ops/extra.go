package ops

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/imdspackets"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/pcap"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
)

// sideFormats are those of files that no collector makes.
var sideFormats = []*parsers.Format{
	ec2.Format, launchtemplate.Format, ekscluster.Format, kubeobjects.Format, capi.Format,
	pcap.Format, tcpdump.Format, imdspackets.Format,
}

// Inputs tells the bundles among some inputs from further files about their
// nodes. An archive, a folder, standard input and a case are bundles. A single
// file, or a pipe, is one too, unless it stands among such; so is a file with the
// format of a side input unless it stands among any. What cannot be opened is
// left to Analyze to tell.
func Inputs(args []string) (bundles, extra []string) {
	kinds := make([]inputKind, len(args))
	has := map[inputKind]bool{}
	for i, arg := range args {
		kinds[i] = kindOf(arg)
		has[kinds[i]] = true
	}
	for i, arg := range args {
		switch kind := kinds[i]; {
		case has[wholeBundle] && (kind == sideInput || kind == someFile || kind == pipe), has[someFile] && kind == sideInput:
			extra = append(extra, arg)
		default:
			bundles = append(bundles, arg)
		}
	}
	return bundles, extra
}

type inputKind int

const (
	unopened    inputKind = iota // not there: a case, or a mistake
	wholeBundle                  // an archive, a folder, standard input
	someFile
	sideInput // a file with the format of one
	pipe      // can be read only once: what it holds is not known
)

// packedFile matches packed files that are no archives by their names.
var packedFile = regexp.MustCompile(`(?i)\.(?:json|ya?ml|pcapng|pcap)\.(?:gz|zst|xz|bz2)$`)

func kindOf(arg string) inputKind {
	if arg == "-" {
		return wholeBundle
	}
	info, err := os.Stat(arg)
	switch {
	case err != nil:
		return unopened
	case info.IsDir():
		return wholeBundle
	case !info.Mode().IsRegular():
		return pipe
	}
	head, err := headOf(arg)
	switch {
	case err != nil:
		return unopened
	case packedFile.MatchString(arg):
		return sideInput
	case bundle.Packed(head) || bundle.Promised(arg):
		return wholeBundle
	case parsers.Detect(sideFormats, filepath.Base(arg), head) != nil:
		return sideInput
	}
	return someFile
}

// headOf returns the first bytes of a file, as many as a Sniff may see.
func headOf(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, parsers.SniffLen))
}

// extras are the opened files that are read with a bundle, in an order that
// does not depend on how they were given.
type extras struct {
	srcs []*bundle.Source
	sums []string
}

func (e *extras) close() {
	for _, x := range e.srcs {
		x.Close()
	}
}

// extra opens the files given with the bundle, and those found beside it.
func (a *analysis) extra(ctx context.Context) (*extras, error) {
	e := &extras{}
	names := slices.Clone(a.With)
	found, err := a.beside(ctx)
	if err != nil {
		return e, err
	}
	for _, name := range append(names, found...) {
		x, sum, err := a.openExtra(ctx, name)
		if err != nil {
			return e, err
		}
		sum += "/" + x.Name() // which can tell the format
		if slices.Contains(e.sums, sum) {
			x.Close() // the same once more
			continue
		}
		e.srcs, e.sums = append(e.srcs, x), append(e.sums, sum)
	}
	e.sort()
	return e, nil
}

func (e *extras) sort() {
	order := make([]int, len(e.srcs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(e.srcs[i].Name(), e.srcs[j].Name()), cmp.Compare(e.sums[i], e.sums[j]))
	})
	sorted := extras{}
	for _, i := range order {
		sorted.srcs, sorted.sums = append(sorted.srcs, e.srcs[i]), append(sorted.sums, e.sums[i])
	}
	*e = sorted
}

// maxPipe is how much is read of what can be read only once, such as the
// /dev/fd/63 of a shell's <(kubectl get nodes -o json).
const maxPipe = 256 << 20

// openExtra opens a file or folder and sums its content.
func (a *analysis) openExtra(ctx context.Context, name string) (*bundle.Source, string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, "", fmt.Errorf("open %s: %w", name, err)
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return a.openPipe(name)
	}
	x, err := bundle.Open(name, nil, &a.Limits)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	x.Beside()
	sum, err := contentSum(ctx, x)
	if err != nil {
		x.Close()
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	return x, sum, nil
}

func (a *analysis) openPipe(name string) (*bundle.Source, string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPipe+1))
	if err != nil {
		return nil, "", err
	}
	if len(data) > maxPipe {
		return nil, "", fmt.Errorf("read %s: more than %d MiB from a pipe; give it as a file", name, maxPipe>>20)
	}
	x, err := bundle.Open("-", bytes.NewReader(data), &a.Limits)
	sum := sha256.Sum256(data)
	return x, hex.EncodeToString(sum[:]), err
}
