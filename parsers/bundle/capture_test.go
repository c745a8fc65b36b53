package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A capture of packets is let in inside a bundle and beside it, packed or not;
// alone it is no bundle, and other bytes are nothing.
func TestCapture(t *testing.T) {
	const capture = "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x00\x00\x00" +
		"\x88\x80\x01\x6b\x00\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00\xff\xfe\x00\x80"
	garbage := strings.Repeat("\xff\xfe\x00\x80", 100)
	f := func(name, data string, beside bool, why string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		check(t, os.WriteFile(file, []byte(data), 0o600))
		s, err := bundle.Open(file, nil, nil)
		check(t, err)
		defer s.Close()
		if beside {
			s.Beside()
		}
		w := walkSource(t, s)
		if why != "" {
			if !errors.Is(w.err, bundle.ErrNotBundle) || !strings.Contains(w.err.Error(), why) {
				t.Errorf("%s, beside %v: %v, want %q", name, beside, w.err, why)
			}
			return
		}
		if w.err != nil || w.files[name] != capture {
			t.Errorf("%s, beside %v: %v, %q", name, beside, w.err, w.files)
		}
	}
	f("pod.pcap", capture, true, "")
	f("pod.pcap", capture, false, "a capture of packets, which can only be given beside a bundle")
	f("pod.pcap.gz", string(gz(t, []byte(capture))), true, "")
	f("pod.pcap.gz", string(gz(t, []byte(capture))), false, "a capture of packets")
	f("pod.pcap", garbage, true, "no text and no archive")
	f("pod.pcap", garbage, false, "no text and no archive")

	inside := walkBytes(t, "b.tar", tarOf(t, append(node(t), member{name: "captures/pod.pcap", text: capture})...), nil)
	if inside.err != nil || inside.files["captures/pod.pcap"] != capture {
		t.Errorf("inside a bundle: %v, %q", inside.err, inside.files["captures/pod.pcap"])
	}
}
