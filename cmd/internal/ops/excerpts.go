package ops

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/score"
)

// A corpus is a folder of log excerpts with an index.tsv that says of each
// where it stands in a bundle and what must be found in it:
//
//	# excerpt	kind	bundle path	required findings	regex candidates that also match	editing
//	chrony__source-replaced-benign.log	benign	var_log/messages	none		identifiers rewritten only
//	gpu__nccl-segfault.log	failing	kernel/dmesg.current	gpu.nccl.segfault,kernel.app.segfault		identifiers rewritten only
//
// The path is in words: "pod log coredns", "kubelet/kubelet.log or
// containerd/containerd-log.txt". An excerpt is judged as a bundle of its own.
const corpusIndex = "index.tsv"

// The limits of a corpus.
const (
	maxIndex    = 4 << 20
	maxExcerpt  = 16 << 20
	maxExcerpts = 20_000
)

// An excerpt is a row of a corpus.
type excerpt struct {
	dir    string // of the corpus
	file   string // its name there
	benign bool
	place  string   // in a bundle, in words
	want   []string // rules and checks
	beside []string // others that match the same lines
}

func (e *excerpt) name() string { return strings.TrimSuffix(e.file, ".log") }

// isCorpus reports whether a folder has an index of excerpts.
func isCorpus(dir string) bool {
	f, err := os.Open(filepath.Join(dir, corpusIndex))
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	first, _, tab := strings.Cut(string(head[:n]), "\t")
	return tab && strings.TrimSpace(strings.TrimPrefix(first, "#")) == "excerpt"
}

// readCorpus reads the index of a corpus.
func readCorpus(dir string) ([]excerpt, error) {
	text, err := readLimited(filepath.Join(dir, corpusIndex), maxIndex)
	if err != nil {
		return nil, err
	}
	var out []excerpt
	for i, line := range strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") {
		if i == 0 || strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		e, err := parseExcerpt(dir, line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", filepath.Join(dir, corpusIndex), i+1, err)
		}
		if out = append(out, e); len(out) > maxExcerpts {
			return nil, fmt.Errorf("%s: more than %d excerpts", filepath.Join(dir, corpusIndex), maxExcerpts)
		}
	}
	return out, nil
}

func parseExcerpt(dir, line string) (excerpt, error) {
	cells := strings.Split(line, "\t")
	if len(cells) < 4 {
		return excerpt{}, fmt.Errorf("%d columns; excerpt, kind, path and findings are needed", len(cells))
	}
	e := excerpt{dir: dir, file: cells[0], benign: cells[1] == "benign", place: cells[2]}
	if cells[3] != "none" {
		e.want = idsIn(cells[3])
	}
	if len(cells) > 4 {
		e.beside = idsIn(cells[4])
	}
	if e.benign != (len(e.want) == 0) {
		return e, fmt.Errorf("kind %q with findings %q", cells[1], cells[3])
	}
	return e, nil
}

// idsIn are the words of a list with commas.
func idsIn(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ' ' })
}

// label is what the index says of an excerpt. A gate may hold back a rule: an
// excerpt is often too short for it.
func (e *excerpt) label() *score.Label {
	if e.benign {
		return &score.Label{Clean: true, Max: analyze.Low}
	}
	l := &score.Label{Max: analyze.Low, Beside: e.beside}
	for _, id := range e.want {
		l.Expected = append(l.Expected, score.Expectation{Rule: id, Fate: score.Either})
	}
	return l
}

// read returns the text of an excerpt. Lines at its top that say where it is
// from and what to expect are no part of the log.
func (e *excerpt) read() (string, error) {
	root, err := os.OpenRoot(e.dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.Open(e.file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxExcerpt+1))
	if err == nil && len(text) > maxExcerpt {
		err = fmt.Errorf("%s: an excerpt of more than %d bytes", e.file, maxExcerpt)
	}
	log := string(text)
	for strings.HasPrefix(log, "# source: ") || strings.HasPrefix(log, "# expect: ") {
		_, log, _ = strings.Cut(log, "\n")
	}
	return log, err
}

// sum tells excerpts apart by what is analyzed of them.
func (e *excerpt) sum() (string, error) {
	text, err := e.read()
	h := sha256.Sum256([]byte(e.place + "\x00" + text))
	return hex.EncodeToString(h[:]), err
}

// excerptBundle is the folder that an excerpt is analyzed in: the name says
// when its lines were collected.
const excerptBundle = "eks_i-0f00f00f00f00f00f_2026-11-21_0101-UTC_0.7.9"

// bundle makes a folder below dir with the excerpt at its place.
func (e *excerpt) bundle(dir string) (string, error) {
	text, err := e.read()
	if err != nil {
		return "", err
	}
	files := map[string]*strings.Builder{}
	var names []string
	for line := range strings.Lines(text) {
		name, err := e.fileOf(line)
		if err != nil {
			return "", err
		}
		if files[name] == nil {
			files[name] = &strings.Builder{}
			names = append(names, name)
		}
		files[name].WriteString(line)
	}
	out := filepath.Join(dir, excerptBundle)
	if err := os.Mkdir(out, 0o700); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(out)
	if err != nil {
		return "", err
	}
	defer root.Close()
	for _, name := range slices.Sorted(slices.Values(names)) {
		err = errors.Join(err, root.MkdirAll(path.Dir(name), 0o700), root.WriteFile(name, []byte(files[name].String()), 0o600))
	}
	return out, err
}

var (
	kernelLine     = regexp.MustCompile(`^\w{3} +\d+ [\d:]+ \S+ kernel: `)
	kubeletLine    = regexp.MustCompile(`^\w{3} +\d+ [\d:.]+ \S+ kubelet(?:\[\d+\])?: `)
	containerdLine = regexp.MustCompile(`^(?:\w{3} +\d+ [\d:.]+ \S+ containerd(?:\[\d+\])?: |time=)`)
)

// fileOf is the path that a line of the excerpt has in a bundle.
func (e *excerpt) fileOf(line string) (string, error) {
	first, _, _ := strings.Cut(e.place, " ")
	pod, isPod := strings.CutPrefix(e.place, "pod log ")
	switch {
	case isPod && strings.HasPrefix(pod, "("): // any pod
		return podLog("aws-load-balancer-controller"), nil
	case isPod:
		pod, _, _ = strings.Cut(pod, " ")
		return podLog(pod), nil
	case first == "var_log/containers":
		return podLog("aws-node"), nil
	case first == "kernel/dmesg.current" && kernelLine.MatchString(line):
		return "var_log/messages", nil
	case first == "containerd/containerd-log.txt" && kubeletLine.MatchString(line):
		return "kubelet/kubelet.log", nil
	case strings.Contains(e.place, " or containerd/") && containerdLine.MatchString(line):
		return "containerd/containerd-log.txt", nil
	case strings.Contains(first, "/") && filepath.IsLocal(filepath.FromSlash(first)):
		return first, nil
	}
	return "", fmt.Errorf("%s: cannot tell its path in a bundle from %q", e.name(), e.place)
}

func podLog(pod string) string {
	return fmt.Sprintf("var_log/%s-x7k2p_kube-system_%s-%s.log", pod, pod, strings.Repeat("5f0c7be1", 8))
}

// readLimited reads a regular file that may not be longer than most bytes.
func readLimited(name string, most int64) ([]byte, error) {
	if info, err := os.Stat(name); err != nil { // before Open, which waits for the writer of a pipe
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it is no regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("read %s: more than %d bytes", name, most)
	}
	return text, err
}
