package ops

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// The bundles here were made to break the program; the lines in them are those
// of testdata/bundles/healthy, unless a comment says where they are from.

// slow keeps what the race detector makes take minutes to the plain run.
func slow(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("too slow with the race detector; the plain run has it")
	}
}

func TestHostile_notBundle(t *testing.T) {
	f := func(name, file string, data []byte, why string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			s.analyze(t, AnalyzeRequest{Input: s.file(t, file, data)}).notBundle(t, why)
		})
	}
	garbage := make([]byte, 1<<16)
	rand.NewChaCha8([32]byte{1}).Read(garbage)
	f("empty", "b.tar.gz", nil, "it is empty")
	f("text", "b.tar.gz", []byte("Nov 21 00:20:10 this is no archive\n"), "its content is not a tar archive, as its name says")
	f("garbage", "b.tar.gz", garbage, "not a log bundle: its content is")
	f("garbage_bin", "b.bin", garbage, "its content is no text and no archive")
	f("gzip_header_only", "b.tar.gz", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), "cut off")
	f("zip_header_only", "b.zip", []byte("PK\x03\x04"), "zip")
	f("nul", "b.log", make([]byte, 1<<20), "it holds only NUL bytes")
	f("name_with_escapes", "b\x1b[31m\u202e.tar.gz", nil, "it is empty")
}

func TestHostile_noFiles(t *testing.T) {
	s := newSandbox(t)
	p := s.pack(t)
	p.entry(&tar.Header{Typeflag: tar.TypeDir, Name: "./kubelet/"}, nil)
	p.entry(&tar.Header{Typeflag: tar.TypeSymlink, Name: "./kubelet/kubelet.log", Linkname: "/etc/passwd"}, nil)
	s.analyze(t, AnalyzeRequest{Input: p.done()}).notBundle(t, "symbolic link to /etc/passwd")
	s.analyze(t, AnalyzeRequest{Input: t.TempDir()}).notBundle(t, "there are no files in it")
	s.analyze(t, AnalyzeRequest{Input: filepath.Join(s.dir, "nothing")}).notBundle(t, "neither a file nor a case")
}

func TestHostile_truncated(t *testing.T) {
	whole, err := os.ReadFile(packed(t, "healthy"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		t.Run(fmt.Sprintf("%d_of_21", i+1), func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			o := s.analyze(t, AnalyzeRequest{Input: s.file(t, "healthy.tar.gz", whole[:len(whole)*(i+1)/21])})
			o.says(t, "The bundle is damaged", "cut off")
			if o.report.Coverage.Broken == "" || len(o.report.Coverage.Missing) == 0 {
				t.Errorf("broken %q, missing %q", o.report.Coverage.Broken, o.report.Coverage.Missing)
			}
		})
	}
}

// TestHostile_flipped changes one byte of an archive at a time: that is noticed,
// or has no effect on the text.
func TestHostile_flipped(t *testing.T) {
	whole, err := os.ReadFile(packed(t, "healthy"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t)
	sound := s.analyze(t, AnalyzeRequest{Input: s.file(t, "healthy.tar.gz", whole)}).report
	rnd := rand.New(rand.NewPCG(2, 50))
	for range 50 {
		at, bit := rnd.IntN(len(whole)), rnd.IntN(8)
		t.Run(fmt.Sprintf("byte_%d_bit_%d", at, bit), func(t *testing.T) {
			t.Parallel()
			bad := bytes.Clone(whole)
			bad[at] ^= 1 << bit
			s := newSandbox(t)
			o := s.analyze(t, AnalyzeRequest{Input: s.file(t, "healthy.tar.gz", bad)})
			switch {
			case o.report == nil:
				o.notBundle(t, "")
			case o.report.Coverage.Broken == "" && len(o.skipped()) == 0:
				sameReport(t, "flipped", sound, o.report)
			}
		})
	}
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestHostile_zeros(t *testing.T) {
	slow(t)
	t.Run("gz", func(t *testing.T) {
		s := newSandbox(t)
		p := s.pack(t)
		_, err := io.CopyN(p.z, zeros{}, 1<<30)
		p.check(errors.Join(err, p.z.Close(), p.f.Close()))
		o := s.analyze(t, AnalyzeRequest{Input: p.path})
		o.notBundle(t, "its content is not a tar archive")
		o.within(t, 50)
	})
	t.Run("entry_of_tar.gz", func(t *testing.T) {
		s := newSandbox(t)
		p := s.pack(t)
		p.healthy()
		p.stream("./kubelet/zeros.log", 1<<30, zeros{})
		o := s.analyze(t, AnalyzeRequest{Input: p.done()})
		o.says(t, "unpacks to more than 400 times its size")
		o.within(t, 75)
	})
	t.Run("entry_of_tar", func(t *testing.T) {
		s := newSandbox(t)
		o := s.analyze(t, AnalyzeRequest{Input: "-", Stdin: tarStream("var_log/messages", 1<<30, zeros{})})
		if f := o.file("var_log/messages"); f == nil || f.Bytes != 1<<30 || f.Lines != 1 {
			t.Errorf("file = %+v, want it whole", f)
		}
		o.within(t, 75)
	})
}

// tarStream is a tar archive with one file, that no disk has to hold.
func tarStream(name string, size int64, r io.Reader) io.Reader {
	var head bytes.Buffer
	tw := tar.NewWriter(&head)
	if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: packedAt}); err != nil {
		panic(err)
	}
	pad := -size & 511
	return io.MultiReader(&head, io.LimitReader(r, size), io.LimitReader(zeros{}, pad+1024))
}

func TestHostile_manyEntries(t *testing.T) {
	slow(t)
	s := newSandbox(t)
	p := s.pack(t)
	for i := range 200_000 {
		p.file(fmt.Sprintf("./var_log/d%d/%d.log", i%1000, i), "x\n")
	}
	o := s.analyze(t, AnalyzeRequest{Input: p.done()})
	o.says(t, "there are more than 100000 entries")
	o.within(t, 150)
}

// TestHostile_longNames has names as long as they may be, of bytes that take
// the most room when they are shown.
func TestHostile_longNames(t *testing.T) {
	slow(t)
	s := newSandbox(t)
	p := s.pack(t)
	for i := range 99_000 {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("var_log/%s%06d", strings.Repeat("\x01", 330), i), Format: tar.FormatGNU}
		h.Size = 2
		p.entry(h, strings.NewReader("x\n"))
	}
	o := s.analyze(t, AnalyzeRequest{Input: p.done()})
	o.says(t, "the rest of the input was not read")
	o.within(t, 200)
}

func TestHostile_longLine(t *testing.T) {
	slow(t)
	s := newSandbox(t)
	p := s.pack(t)
	line := `Nov 21 00:20:10 ip-10-0-7-118 kubelet[464]: E1121 00:20:10.570766     464 kubelet.go:2627] "Eviction manager: must evict pod(s) to reclaim" `
	p.stream("./kubelet/svc2.log", 100<<20, &endless{text: line})
	p.stream("./nodeadm/nodeadm-x.log", 100<<20, &endless{text: line})
	o := s.analyze(t, AnalyzeRequest{Input: p.done(), Limits: bundle.Limits{Ratio: 1 << 30}})
	o.says(t, "1 line longer than 1024 KiB, looked at in pieces")
	o.within(t, 100)
}

func TestHostile_folderOfManyFiles(t *testing.T) {
	slow(t)
	s := newSandbox(t)
	dir := filepath.Join(s.dir, "bundle", "var_log")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// Names of one file: to make as many files takes longer than to read them.
	for i := range 100_000 {
		name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%06d.log", i)) }
		var err error
		if first := i - i%50_000; i == first {
			err = os.WriteFile(name(i), []byte("Nov 21 00:20:10 host kernel: x\n"), 0o600)
		} else {
			err = os.Link(name(first), name(i))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	o := s.analyze(t, AnalyzeRequest{Input: filepath.Dir(dir)})
	o.says(t, "there are more than 100000 entries")
	o.within(t, 200)
}

// TestHostile_names has names that point out of the bundle, and entries that
// are no files.
func TestHostile_names(t *testing.T) {
	s := newSandbox(t)
	target := filepath.Join(s.dir, "target")
	p := s.pack(t)
	p.healthy()
	for _, name := range []string{"/abs.log", "../up.log", "./kubelet/../../up2.log", `C:\win.log`, `..\up3.log`, target} {
		p.file(name, "text\n")
	}
	for name, to := range map[string]string{"kubelet/sym": "/etc/passwd", "kubelet/dir": s.dir, "var_log/up": "../../.."} {
		p.entry(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: to}, nil)
	}
	p.file("kubelet/dir/through-link.log", "text\n")
	p.entry(&tar.Header{Typeflag: tar.TypeLink, Name: "kubelet/hard", Linkname: "/etc/passwd"}, nil)
	p.entry(&tar.Header{Typeflag: tar.TypeChar, Name: "kubelet/zero", Devmajor: 1, Devminor: 5}, nil)
	p.entry(&tar.Header{Typeflag: tar.TypeBlock, Name: "kubelet/disk"}, nil)
	p.entry(&tar.Header{Typeflag: tar.TypeFifo, Name: "kubelet/fifo"}, nil)
	o := s.analyze(t, AnalyzeRequest{Input: p.done()})
	o.says(t)
	want := map[string]string{
		"/abs.log": "absolute path", "../up.log": `".." in path`, "./kubelet/../../up2.log": `".." in path`,
		"C:/win.log": "absolute path", "../up3.log": `".." in path`, filepath.ToSlash(target): "absolute path",
		"kubelet/sym": "symbolic link to /etc/passwd, not followed", "kubelet/dir": "symbolic link", "var_log/up": "symbolic link",
		"kubelet/hard": "hard link to /etc/passwd, not followed", "kubelet/zero": "device", "kubelet/disk": "device", "kubelet/fifo": "named pipe",
	}
	got := o.skipped()
	for path, why := range want {
		if !strings.Contains(got[path], why) {
			t.Errorf("%s is skipped as %q, want %q", path, got[path], why)
		}
	}
	if len(got) != len(want) {
		t.Errorf("skipped %q", got)
	}
	if strings.Contains(o.json, "root:") {
		t.Error("the report has text of /etc/passwd")
	}
}

// escapes are what a terminal or a careless program acts on.
const escapes = "\x1b[31m\x1b]0;title\x07\x1b]8;;http://x\x1b\\ \u009b2J \u202etxt.exe\u202c \u2066x\u2069 \u200b \r \b\x7f \xff\xc3\x28 \x00"

func TestHostile_escapes(t *testing.T) {
	s := newSandbox(t)
	p := s.pack(t)
	p.healthy()
	oom := "Nov 21 00:20:10 ip-10-0-7-118 kernel: Memory cgroup out of memory: Killed process 4242 (" + escapes + ") total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:1000\n"
	p.file("./var_log/messages.1", oom)
	name := strings.ReplaceAll(escapes, "\x00", "") // ends a name
	p.file("./kubelet/"+name+".log", escapes+"\n")
	p.file("./networking/"+name+"/resolv.conf", escapes)
	p.entry(&tar.Header{Typeflag: tar.TypeSymlink, Name: "./kubelet/link" + name, Linkname: name, Format: tar.FormatGNU}, nil)
	o := s.analyze(t, AnalyzeRequest{Input: p.done()})
	o.says(t)
	f := o.finding("kernel.oom.memcg_kill")
	if f == nil {
		t.Fatalf("the line of the kernel was not found: %s", fateOf(o.report, "kernel.oom.memcg_kill"))
	}
	if !strings.Contains(f.Evidence[0].Text, "\x1b]0;title\a") {
		t.Errorf("evidence = %q, want the bytes of the line", f.Evidence[0].Text)
	}
}

// TestHostile_bytes puts bytes that are no text into every file of a bundle.
func TestHostile_bytes(t *testing.T) {
	for name, bad := range map[string]string{"nul": "\x00", "utf8": "\xff\xfe\xc3\x28\xf0\x28", "huge_number": "99999999999999999999999999", "minus": "-9223372036854775809", "newlines": "\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range 4 {
				s := newSandbox(t)
				p := s.pack(t)
				spoil(t, p, bad, uint64(seed))
				s.analyze(t, AnalyzeRequest{Input: p.done()}).says(t)
			}
		})
	}
}

// spoil adds the files of a scenario, with bad text in place of words at random.
func spoil(t *testing.T, p *packer, bad string, seed uint64) {
	rnd := rand.New(rand.NewPCG(7, seed))
	dir := filepath.Join(scenarios, "imds-blocked")
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		var b strings.Builder
		for _, word := range strings.SplitAfter(string(text), " ") {
			switch rnd.IntN(12) {
			case 0:
				b.WriteString(bad + " ")
			case 1:
				b.WriteString(word[:len(word)/2] + bad + word[len(word)/2:])
			default:
				b.WriteString(word)
			}
		}
		p.file("./"+filepath.ToSlash(name), b.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHostile_nested(t *testing.T) {
	inner, err := os.ReadFile(packed(t, "imds-blocked"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("bundle_in_bundle", func(t *testing.T) {
		s := newSandbox(t)
		p := s.pack(t)
		p.healthy()
		p.file("./var_log/eks_i-0aaaaaaaaaaaaaaaa_2026-11-20_0101-UTC_0.7.9.tar.gz", string(inner))
		o := s.analyze(t, AnalyzeRequest{Input: p.done()})
		o.says(t)
		if id := o.report.Case.InstanceID; id != "i-07c3d9ab1e4f301ef" {
			t.Errorf("instance = %q, want that of the outer bundle", id)
		}
	})
	t.Run("bundle_alone_in_archive", func(t *testing.T) {
		s := newSandbox(t)
		p := s.pack(t)
		p.file("mail/eks_i-0aaaaaaaaaaaaaaaa_2026-11-20_0101-UTC_0.7.9.tar.gz", string(inner))
		o := s.analyze(t, AnalyzeRequest{Input: p.done()})
		o.says(t)
		if name := o.report.Case.Bundle; !strings.HasPrefix(name, "eks_i-0aaaaaaaaaaaaaaaa") {
			t.Errorf("bundle = %q, want the inner one", name)
		}
	})
	t.Run("two_bundles", func(t *testing.T) {
		s := newSandbox(t)
		p := s.pack(t)
		p.file("eks_i-0aaaaaaaaaaaaaaaa_2026-11-20_0101-UTC_0.7.9.tar.gz", string(inner))
		p.file("eks_i-0bbbbbbbbbbbbbbbb_2026-11-20_0102-UTC_0.7.9.tar.gz", string(inner))
		o := s.analyze(t, AnalyzeRequest{Input: p.done()})
		o.says(t)
		why := o.skipped()["eks_i-0bbbbbbbbbbbbbbbb_2026-11-20_0102-UTC_0.7.9.tar.gz"]
		if !strings.Contains(why, "belongs to another bundle") {
			t.Errorf("skipped %q, want the second bundle", o.skipped())
		}
	})
	t.Run("itself_without_end", func(t *testing.T) {
		s := newSandbox(t)
		data := inner
		for range 8 {
			p := s.pack(t)
			p.file("kubelet/again.tar.gz", string(data))
			data, err = os.ReadFile(p.done())
			p.check(err)
		}
		o := s.analyze(t, AnalyzeRequest{Input: s.file(t, "nested.tar.gz", data)})
		o.notBundle(t, "nested more than 3 deep")
	})
}

// TestHostile_twice has several files of one name, and names that are one on a
// disk that does not tell letters apart.
func TestHostile_twice(t *testing.T) {
	s := newSandbox(t)
	p := s.pack(t)
	oom, err := os.ReadFile(filepath.Join(scenarios, "crashloop-oom", "kernel", "dmesg.current"))
	p.check(err)
	for _, name := range []string{"./kernel/dmesg.current", "kernel/dmesg.current", "kernel//dmesg.current", "KERNEL/DMESG.CURRENT", "kernel/Dmesg.current"} {
		p.file(name, string(oom))
	}
	o := s.analyze(t, AnalyzeRequest{Input: p.done()})
	o.says(t)
	var got []string
	for _, f := range o.report.Coverage.Files {
		got = append(got, f.Path)
	}
	want := "[KERNEL/DMESG.CURRENT kernel/Dmesg.current kernel/dmesg.current kernel/dmesg.current (2) kernel/dmesg.current (3)]"
	if fmt.Sprint(got) != want {
		t.Errorf("files %v, want %s", got, want)
	}
	once := newSandbox(t)
	p = once.pack(t)
	p.file("./kernel/dmesg.current", string(oom))
	for _, f := range once.analyze(t, AnalyzeRequest{Input: p.done()}).report.Findings {
		if g := o.finding(f.Rule); g == nil || g.Count != f.Count {
			t.Errorf("%s: %+v, want %d events as in one copy", f.Rule, g, f.Count)
		}
	}
}

func TestHostile_manyRules(t *testing.T) {
	slow(t)
	var b strings.Builder
	b.WriteString("*filter\n:INPUT ACCEPT [0:0]\n:KUBE-X - [0:0]\n")
	for i := range 300_000 {
		fmt.Fprintf(&b, "-A KUBE-X -d 10.%d.%d.%d/32 -p tcp -m comment --comment \"svc%d\" --dport 80 -j REJECT\n", i>>16, i>>8&255, i&255, i)
	}
	b.WriteString("COMMIT\n")
	s := newSandbox(t)
	p := s.pack(t)
	p.file("./networking/iptables-save.txt", b.String())
	// Without the index, whose memory has the limit that main sets.
	o := s.analyze(t, AnalyzeRequest{Input: p.done(), NoIndex: true})
	o.says(t)
	o.within(t, 200)
}

func TestHostile_deepDocuments(t *testing.T) {
	slow(t)
	deep := repeated(`{"a":[`, 30<<20)
	nested := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	f := func(name, text string) {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			p := s.pack(t)
			for _, file := range []string{"describe-instances.json", "cni/cni-configuration-variables-containerd.json", "cni/10-aws.conflist"} {
				p.file(file, text)
			}
			o := s.analyze(t, AnalyzeRequest{Input: p.done()})
			o.says(t)
			o.within(t, 200)
			if d := o.file("describe-instances.json"); d == nil || d.Error == "" {
				t.Errorf("describe-instances.json = %+v, want an error", d)
			}
		})
	}
	f("deep", deep)
	f("deep_closed", nested)
	f("deep_lists", repeated("[", 30<<20))
	f("wide", "["+repeated(`{},`, 30<<20)+"{}]")
	f("wide_text", `{"Reservations":[`+repeated(`{"Instances":[{"a":"b"}]},`, 30<<20)+"{}]}")
	f("wide_yaml", "Reservations:\n"+repeated("- Groups: []\n", 30<<20))
	f("deep_yaml", "Reservations:\n"+repeated("- ", 1<<20)+"\n")
	f("flow_yaml", "Reservations: "+repeated("[", 1<<20)+"\n")
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 30 {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
	}
	f("alias_bomb", bomb+"Reservations: *a30\n")
}

// TestHostile_expressions has lines that are dear to look at: they are long and
// hold the texts that rules look for.
func TestHostile_expressions(t *testing.T) {
	slow(t)
	words := ruleWords(t)
	for name, fill := range map[string]string{"quotes": `"`, "spaces": " ", "backslashes": `\`, "digits": "7", "letters": "a", "colons": ":/"} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			p := s.pack(t)
			head := "Nov 21 00:20:10 ip-10-0-7-118 kubelet[464]: E1121 00:20:10.570766     464 kubelet.go:2627] "
			text := ""
			for _, w := range []string{words, ""} {
				text += head + w + repeated(fill, 900<<10) + w + "\n"
			}
			for _, file := range []string{"kubelet/kubelet.log", "kernel/dmesg.boot", "containerd/containerd-log.txt", "var_log/messages.9", "var_log/aws-routed-eni/ipamd.log.9"} {
				p.file(file, text)
			}
			o := s.analyze(t, AnalyzeRequest{Input: p.done(), Limits: bundle.Limits{Ratio: 1 << 30}})
			o.says(t)
			o.within(t, 100)
		})
	}
}

// ruleWords are the fixed parts of the expressions of all rules.
func ruleWords(t *testing.T) string {
	t.Helper()
	rules, err := analyze.Rules()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rules {
		for _, ex := range r.Examples.Match {
			b.WriteString(ex.Line[:min(len(ex.Line), 300)] + " ")
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// TestHostile_manyMatches has more events of one rule than are kept.
func TestHostile_manyMatches(t *testing.T) {
	slow(t)
	const n = 1_000_000
	s := newSandbox(t)
	p := s.pack(t)
	line := "[ 1000.000000] nf_conntrack: nf_conntrack: table full, dropping packet\n"
	p.stream("kernel/dmesg.current", n*int64(len(line)), &endless{text: line})
	o := s.analyze(t, AnalyzeRequest{Input: p.done(), Limits: bundle.Limits{Ratio: 1 << 30}})
	o.says(t)
	o.within(t, 100)
	if f := o.finding("net.conntrack.table_full"); f == nil || f.Count != n {
		t.Errorf("finding = %+v, want %d events", f, n)
	}
}

// TestHostile_manyEntities has more pods, containers and devices than a node can have.
func TestHostile_manyEntities(t *testing.T) {
	slow(t)
	const n = 1_000_000
	s := newSandbox(t)
	p := s.pack(t)
	var text bytes.Buffer
	for k := range n {
		i := k
		if k < 10_000 {
			i = k % 2_000 // enough events of each to be findings
		}
		fmt.Fprintf(&text, `Nov 21 00:%02d:%02d ip-10-0-7-118 kubelet[464]: E1121 00:%02d:%02d.570766     464 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"c%07d\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container=c%07d pod=p%07d_default(%08x-0000-0000-0000-000000000000)\"" pod="default/p%07d" podUID="%08x-0000-0000-0000-000000000000"`+"\n",
			k/60%60, k%60, k/60%60, k%60, i, i, i, i, i, i)
	}
	p.stream("./kubelet/kubelet.log", int64(text.Len()), &text)
	// Without the index: the words of so many names take it longer than the test may.
	o := s.analyze(t, AnalyzeRequest{Input: p.done(), NoIndex: true})
	o.says(t)
	o.within(t, 150)
	t.Logf("%d findings, JSON of %d bytes", len(o.report.Findings), len(o.json))
	total := 0
	for _, f := range o.report.Findings {
		if f.Rule == "kubelet.pod.crashloop" {
			total += f.Count
		}
	}
	for _, f := range o.report.Suppressed {
		if f.Rule == "kubelet.pod.crashloop" {
			total += f.Count
		}
	}
	if total != n {
		t.Errorf("%d events of kubelet.pod.crashloop, want %d: %s", total, n, fateOf(o.report, "kubelet.pod.crashloop"))
	}
}

// TestHostile_times has times that no log has.
func TestHostile_times(t *testing.T) {
	body := "nf_conntrack: nf_conntrack: table full, dropping packet\n"
	odd := []string{
		"[9223372036854775807.999999] ", "[99999999999999999999.0] ", "[-1.0] ", "[    0.000000] ",
		"[Sat Jan  1 00:00:00 0000] ", "[Fri Dec 31 23:59:59 9999] ", "[Sat Feb 30 25:61:61 2026] ", "[Sat Nov 21 00:20:10 99999] ",
	}
	zoned := []string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "2026-11-21T00:20:10.99999999999999999999999Z", "1677-09-21T00:12:43Z", "2262-04-11T23:47:17Z", "2026-11-21T00:20:10+99:99"}
	f := func(name, btime string, mod time.Time) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			p := s.pack(t)
			p.file("system/procstat.txt", "cpu  1 2 3\nbtime "+btime+"\n")
			p.file("kernel/dmesg.current", strings.Join(odd, body)+body)
			p.file("kernel/dmesg.human.current", strings.Join(odd, body)+body)
			var ipamd, cri string
			for _, z := range zoned {
				ipamd += `{"level":"error","ts":"` + z + `","caller":"x.go:1","msg":"Failed to get instance metadata"}` + "\n"
				cri += z + " stdout F E1121 00:20:10 x\n"
			}
			p.file("var_log/aws-routed-eni/ipamd.log", ipamd)
			p.file("var_log/coredns-5d78c9869d-abcde_kube-system_coredns-"+strings.Repeat("0a", 32)+".log", cri)
			p.entry(&tar.Header{Typeflag: tar.TypeReg, Name: "var_log/empty", ModTime: mod, Format: tar.FormatPAX}, nil)
			// Without a time in its name, the files of a bundle say when it was made.
			plain := filepath.Join(s.dir, "bundle.tar.gz")
			if err := os.Rename(p.done(), plain); err != nil {
				t.Fatal(err)
			}
			o := s.analyze(t, AnalyzeRequest{Input: plain})
			o.says(t)
			for _, stamp := range append(stamps(o.report), o.report.Case.CollectedAt, o.report.Case.Node.BootedAt) {
				if at, err := time.Parse(time.RFC3339, stamp); stamp != "" && (err != nil || at.Year() < 1970 || at.Year() > 2262) {
					t.Errorf("the report has the time %q", stamp)
				}
			}
		})
	}
	f("sane", "1795219725", packedAt)
	f("boot_later", "8000000000", packedAt)
	f("boot_overflows", "9223372036854775807", packedAt)
	f("boot_1970", "1", packedAt)
	f("file_of_year_1e7", "1795219725", time.Date(10_000_000, 1, 1, 0, 0, 0, 0, time.UTC))
	f("file_of_year_0", "1795219725", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
}

// stamps are all times of a report.
func stamps(r *analyze.Report) []string {
	var all []string
	for i := range r.Findings {
		f := &r.Findings[i]
		all = append(all, f.FirstSeen, f.LastSeen)
		for _, e := range f.Evidence {
			all = append(all, e.Time)
		}
	}
	for _, s := range r.Suppressed {
		for _, e := range s.Evidence {
			all = append(all, e.Time)
		}
	}
	return all
}
