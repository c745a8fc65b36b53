package coverage_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// The cases stand in testdata/*.txtar: a sentence of origin and three sections.
//
//	-- bundle --   lines "name: eks_...tar.gz", "os: ...", "broken: ...", "collected: TIME", "boot: TIME"
//	-- files --    a line for each file: its path, bytes and lines; then what applies of
//	               "@ FIRST LAST", the times of a log; "nuls=N"; "! TEXT", what a command
//	               said instead of its output; "? TEXT", an error; "- REASON", not read
//	-- want --     what is made of it
func TestOf(t *testing.T) {
	analyzetest.Golden(t, "testdata", func(t *testing.T, ar *txtar.Archive) string {
		section := func(name string) string {
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
			if i < 0 {
				t.Fatalf("no section %s", name)
			}
			return string(ar.Files[i].Data)
		}
		return render(coverage.Of(read(t, section("bundle"), section("files"))))
	})
}

// read makes the input of a case.
func read(t *testing.T, about, files string) *coverage.Input {
	in := &coverage.Input{}
	for line := range strings.Lines(about) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "name":
			in.Name = value
		case "os":
			in.OS = value
		case "broken":
			in.Broken = value
		case "collected":
			in.Clock.Collected = instant(t, value)
		case "boot":
			in.Clock.Boot = instant(t, value)
		default:
			t.Fatalf("section bundle: %q", line)
		}
	}
	for line := range strings.Lines(files) {
		readFile(t, in, strings.TrimSpace(line))
	}
	return in
}

func readFile(t *testing.T, in *coverage.Input, line string) {
	var f index.File
	if _, err := fmt.Sscan(line, &f.Path, &f.Bytes, &f.Lines); err != nil {
		t.Fatalf("section files: %q: %v", line, err)
	}
	if _, reason, ok := strings.Cut(line, " - "); ok {
		in.Skips = append(in.Skips, index.Skip{Path: f.Path, Bytes: f.Bytes, Reason: reason})
		return
	}
	if _, text, ok := strings.Cut(line, " ! "); ok {
		if f.Refusal = parsers.Refused([]byte(text)); f.Refusal == nil {
			t.Fatalf("section files: %q is no refusal", text)
		}
	}
	_, f.Err, _ = strings.Cut(line, " ? ")
	if _, times, ok := strings.Cut(line, " @ "); ok {
		words := strings.Fields(times)
		f.First, f.Last = parsers.StampAt(instant(t, words[0])), parsers.StampAt(instant(t, words[1]))
		f.Gap = index.Gap{Line: 2, From: f.First, To: f.Last}
	}
	if _, n, ok := strings.Cut(line, " nuls="); ok {
		fmt.Sscan(n, &f.Nuls)
	}
	f.Num = len(in.Files)
	in.Files = append(in.Files, &f)
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// render writes an audit: a line for each file that is not as on a healthy node
// or not certain, the names of the others, a line for each log.
func render(a *coverage.Audit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n%+v\n", a.Collector, a.Totals)
	fine := map[string][]string{}
	for _, e := range a.Expected {
		if !e.Normal {
			fmt.Fprintf(&b, "%s %s, certain %v, for %q: %s%s\n", e.State, e.Path, e.Certain, e.NeededFor, e.Refusal, prefixed(" ", e.Detail))
			continue
		}
		key := "normal, " + string(e.State)
		if e.Certain {
			key += ", certain"
		}
		fine[key] = append(fine[key], e.Path)
	}
	for _, key := range slices.Sorted(keys(fine)) {
		fmt.Fprintf(&b, "%s:\n", key)
		for _, name := range fine[key] {
			fmt.Fprintf(&b, "  %s\n", name)
		}
	}
	for _, l := range a.Logs {
		fmt.Fprintf(&b, "log %s %s %s %s", l.Path, l.First, l.Last, l.Quality)
		if l.Silence != nil {
			fmt.Fprintf(&b, " silent=%d", l.Silence.Seconds)
		}
		fmt.Fprintf(&b, " begins=%q rotated=%d nuls=%d\n", l.Begins, l.Rotated, l.Nuls)
	}
	return b.String()
}

func keys(m map[string][]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// TestOf_hostile holds that many files of odd names take no time.
func TestOf_hostile(t *testing.T) {
	in := &coverage.Input{Name: "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz"}
	for _, name := range []string{"system/script-params.txt", "kubelet/kubelet.log", "storage/mounts.txt", "system/ps.txt", "system/top.txt"} {
		in.Files = append(in.Files, &index.File{Path: name, Bytes: 9, Lines: 1})
	}
	for i := range 100_000 {
		in.Files = append(in.Files, &index.File{
			Path: fmt.Sprintf("var_log/%s%d_%d.log", strings.Repeat("_a-", 20), i, i), Bytes: -1, Lines: -5,
			First: parsers.Stamp{Kind: parsers.StampKind(i % 5), Nano: int64(i) << 45}, Last: parsers.Stamp{Kind: parsers.Zoned, Nano: -1 << 63},
		})
	}
	start := time.Now()
	a := coverage.Of(in)
	if a.Collector.Name != coverage.Script || a.Collector.Whole || len(a.Logs) == 0 {
		t.Errorf("collector %+v, %d logs", a.Collector, len(a.Logs))
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestStateOf(t *testing.T) {
	f := func(file index.File, skip *index.Skip, want coverage.State) {
		t.Helper()
		if got, _ := coverage.StateOf(&file, skip); got != want {
			t.Errorf("StateOf(%+v, %v) = %s, want %s", file, skip, got, want)
		}
	}
	f(index.File{}, nil, coverage.Empty)
	f(index.File{Bytes: 1, Lines: 1}, nil, coverage.Empty) // ipset without sets: one newline
	f(index.File{Bytes: 2, Lines: 1}, nil, coverage.Present)
	f(index.File{Bytes: 1, Lines: 1, Err: "cut here: unexpected EOF"}, nil, coverage.Cut)
	f(index.File{Bytes: 9, Lines: 1}, &index.Skip{Reason: "larger than 8 GiB"}, coverage.Cut)
	f(index.File{Bytes: 9, Lines: 1, Err: "no table"}, nil, coverage.Undecoded)
	f(index.File{Format: "journald", Bytes: 90, Lines: 10, Unparsed: 9}, nil, coverage.Undecoded)
	f(index.File{Format: "journald", Bytes: 90, Lines: 10, Unparsed: 8}, nil, coverage.Present) // stack traces
	f(index.File{Format: "journald", Bytes: 9, Lines: 1, Unparsed: 1, Err: "cut here: unexpected EOF"}, nil, coverage.Cut)
	f(index.File{Format: "tcpdump", Bytes: 90, Lines: 10, Unparsed: 9}, nil, coverage.Present) // packets in full
	f(index.File{Bytes: 9, Lines: 1, Refusal: &parsers.Refusal{Kind: parsers.TimedOut}}, nil, coverage.Refused)
}

// without takes the files whose names match from the bundle of a healthy node,
// adds others, and returns what became of one.
func without(t *testing.T, path, gone, added string) *coverage.Expected {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/healthy.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile("(?m)^(?:"+gone+")\\S* .*\n").ReplaceAllString(string(ar.Files[1].Data), "")
	for _, e := range coverage.Of(read(t, string(ar.Files[0].Data), files+added)).Expected {
		if e.Path == path {
			return &e
		}
	}
	return nil
}

// TestOf_proof takes files away whose others show that the node has them.
func TestOf_proof(t *testing.T) {
	f := func(path, gone, added, want string) {
		t.Helper()
		got := "not expected"
		if e := without(t, path, gone, added); e != nil {
			got = fmt.Sprintf("%s, certain %v, normal %v", e.State, e.Certain, e.Normal)
		}
		if got != want {
			t.Errorf("%s without %s: %s, want %s", path, gone, got, want)
		}
	}
	const log, conf = "var_log/aws-routed-eni/ipamd.log", "cni/10-aws.conflist"
	f(log, log, "", "missing, certain true, normal false")
	f(log, log+"|ipamd/", "", "missing, certain true, normal false")
	f(log, log+"|var_log/.*aws-node-", "", "missing, certain true, normal false")
	f(log, log+"|ipamd/|var_log/.*aws-node-", "", "missing, certain false, normal true")
	f(log, log+"|ipamd/|var_log/.*aws-node-", "ipamd/enis.json 40 1 ! curl: (7) Failed to connect to localhost", "missing, certain false, normal true")
	f(conf, conf, "", "missing, certain true, normal false")
	f(conf, conf+"|ipamd/", "", "missing, certain false, normal true") // it is written when ipamd answers
	f(conf, conf, "cni/10-aws.conflist.cilium_bak 900 30\n", "not expected")
}

// TestOf_instead takes files away that others stand for.
func TestOf_instead(t *testing.T) {
	f := func(path, gone, added, want string) {
		t.Helper()
		e := without(t, path, gone, added)
		if e == nil || e.NeededFor != want || e.Normal {
			t.Errorf("%s without %s: %+v, want it to be needed for %q", path, gone, e, want)
		}
	}
	const dmesg, save = "kernel/dmesg.current", "networking/iptables-save.txt"
	const kernel, rules = "out-of-memory kills, disk errors and other kernel events", "blocks by packet filter rules"
	f(dmesg, dmesg, "", "")
	f(dmesg, dmesg, dmesg+" 0 0\n", "")
	f(dmesg, "kernel/dmesg", "", kernel)
	f(dmesg, "kernel/dmesg", dmesg+" 0 0\nkernel/dmesg.human.current 0 0\n", kernel)
	f(save, save, "", "")
	f(save, save+"|networking/iptables-filter|networking/iptables.txt", "", rules)
}

// TestVersions holds what the versions of the script are known to write.
func TestVersions(t *testing.T) {
	f := func(version string, files []string, path string, want string) {
		t.Helper()
		in := &coverage.Input{Name: "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_" + version + ".tar.gz", OS: "Amazon Linux 2", Clock: timeline.Clock{}}
		for _, name := range append(files, "system/script-params.txt", "kubelet/kubelet.log", "storage/mounts.txt", "system/ps.txt", "system/top.txt", "docker/docker.log") {
			in.Files = append(in.Files, &index.File{Num: len(in.Files), Path: name, Bytes: 9, Lines: 1})
		}
		got := "not written"
		for _, e := range coverage.Of(in).Expected {
			if e.Path == path {
				got = fmt.Sprintf("%s, certain %v", e.State, e.Certain)
			}
		}
		if got != want {
			t.Errorf("%s of version %s: %s, want %s", path, version, got, want)
		}
	}
	const ebpf, ethtool, boot = "networking/ebpf-data.txt", "networking/ethtool.txt", "nodeadm/nodeadm-boot-hook.log"
	f("0.7.5", []string{ethtool}, ethtool, "present, certain true")
	f("0.7.10", []string{boot}, boot, "present, certain true")
	f("0.7.9", []string{boot}, boot, "present, certain true")
	// Within 0.7.8: the file itself proves that the script is a later one, and
	// with it all that came before.
	f("0.7.8", []string{boot}, boot, "present, certain true")
	f("0.7.8", []string{boot, "system/last_reboot.txt"}, "system/last_reboot.txt", "present, certain true")
	f("0.7.8", []string{ebpf}, ebpf, "present, certain false")
}
