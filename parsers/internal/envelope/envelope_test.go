package envelope_test

import (
	"fmt"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
)

func TestHeader(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		h := envelope.Header([]byte(in))
		if got := fmt.Sprintf("%v %q %q", h.OK, h.Ident, in[h.Body:]); got != want {
			t.Errorf("Header(%q) = %s, want %s", in, got, want)
		}
	}
	f(`Nov 21 00:00:34 ip-10-0-12-34 systemd[1]: Started kubelet.service.`, `true "systemd" "Started kubelet.service."`)
	f(`Sep 09 20:36:28 localhost (nodeadm)[1493]: nodeadm-config.service: Failed`, `true "(nodeadm)" "nodeadm-config.service: Failed"`)
	f(`Apr 13 10:53:52 ip-10-42-10-21 kubelet: E0413 x`, `true "kubelet" "E0413 x"`)
	f(`Jul  6 14:46:14 node1 kernel: [23809.073330] blk_update_request: I/O error`, `true "kernel" "blk_update_request: I/O error"`)
	f(`Jul  6 14:46:14 node1 kernel: [23809.073330]   Normal   empty`, `true "kernel" "  Normal   empty"`)
	f(`Jul  6 14:46:14 node1 kernel: XFS (dm-7): log mount failed`, `true "kernel" "XFS (dm-7): log mount failed"`)
	f(`Jul  6 14:46:14 node1 kernel: [drm] Initialized`, `true "kernel" "[drm] Initialized"`)
	f(`2026-11-21T00:20:58Z kubelet-eks.daemon[1234]: I1121 x`, `true "kubelet-eks.daemon" "I1121 x"`)
	f(`May 30 07:02:00 cloud-init[3101]: util.py[DEBUG]: x`, `true "cloud-init" "util.py[DEBUG]: x"`)
	f(`Jul 26 05:55:56 node1 message repeated 2 times: [ x: y]`, `true "" "message repeated 2 times: [ x: y]"`)
	f(`2018-07-02T15:00:33Z [ERROR] ipamd: x`, `true "" "[ERROR] ipamd: x"`)
	f(`Nov 21 00:00:34 host systemd[1]:`, `true "systemd" ""`)
	f(`Nov 21 00:00:34 host a::b[x]y: z`, `true "a::b[x]y" "z"`)
	f(`Nov 21 00:00:34 host`, `true "" "host"`)
	f(`Nov 21 00:00:34 `, `false "" "Nov 21 00:00:34 "`)
	f(`Nov 21 00:00:34`, `false "" "Nov 21 00:00:34"`)
	f(`2024-05-30 07:02:00,123 - util.py[DEBUG]: x`, `false "" "2024-05-30 07:02:00,123 - util.py[DEBUG]: x"`)
	f(`                                 the second line of a message`, `false "" "                                 the second line of a message"`)
}
