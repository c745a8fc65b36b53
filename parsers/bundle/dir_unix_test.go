//go:build unix

package bundle_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/google/go-cmp/cmp"
)

func TestFolderWithLinksAndPipes(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, member{name: "secret.log", text: "secret"})
	dir := t.TempDir()
	write(t, dir, member{name: "kubelet/kubelet.log", text: "k"})
	in := func(p string) string { return filepath.Join(dir, p) }
	check(t, os.Symlink("/etc/passwd", in("kubelet/passwd")))
	check(t, os.Symlink("kubelet.log", in("kubelet/again.log")))
	check(t, os.Symlink(outside, in("system")))
	check(t, os.Symlink("loop", in("loop")))
	check(t, os.Symlink("..", in("kubelet/up")))
	check(t, syscall.Mkfifo(in("kubelet/fifo"), 0o600))
	l, err := net.Listen("unix", in("s"))
	check(t, err)
	defer l.Close()

	w := walkPath(t, dir, nil, nil)
	if d := cmp.Diff(map[string]string{"kubelet/kubelet.log": "k"}, w.files); d != "" || w.err != nil {
		t.Errorf("err %v, files (-want +got):\n%s", w.err, d)
	}
	const link = "symbolic link, not followed"
	if d := cmp.Diff(map[string]string{
		"kubelet/passwd": link, "kubelet/again.log": link, "system": link, "loop": link, "kubelet/up": link,
		"kubelet/fifo": "named pipe", "s": "socket",
	}, w.reasons()); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can read everything")
	}
	dir := t.TempDir()
	write(t, dir, member{name: "kubelet/kubelet.log", text: "k"}, member{name: "kubelet/private.log", text: "p"})
	check(t, os.Chmod(filepath.Join(dir, "kubelet/private.log"), 0))
	w := walkPath(t, dir, nil, nil)
	if d := cmp.Diff(map[string]string{"kubelet/private.log": "cannot be read: permission denied"}, w.reasons()); d != "" || len(w.files) != 1 {
		t.Errorf("%d files, skipped (-want +got):\n%s", len(w.files), d)
	}
}

// What a shell's <(gzip -dc bundle.tar.gz) hands over has a name, but can only
// be read forward.
func TestNamedPipe(t *testing.T) {
	list := node(t)
	data := gz(t, tarOf(t, list...))
	fifo := filepath.Join(t.TempDir(), "fifo")
	check(t, syscall.Mkfifo(fifo, 0o600))
	wrote := make(chan error)
	go func() { wrote <- os.WriteFile(fifo, data, 0) }()
	s, err := bundle.Open(fifo, nil, nil)
	check(t, err)
	defer s.Close()
	w := walkSource(t, s)
	check(t, <-wrote)
	if d := cmp.Diff(texts(list), w.files); d != "" || w.err != nil || w.sum == "" {
		t.Errorf("err %v, sum %q, files (-want +got):\n%s", w.err, w.sum, d)
	}
}
