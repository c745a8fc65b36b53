package analyze

import (
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/analyze/node"
)

// TestRule_mended wants all versions that a node tells to have the fix.
func TestRule_mended(t *testing.T) {
	rules, err := parseRules("test.yaml", []byte(`[{id: test.bug, title: t, severity: high, component: kubelet, source: [kubelet], match: 'a bug', fixed_in: {kubelet: "1.31.2"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(want bool, sentence string, versions ...string) {
		t.Helper()
		card := &node.Card{}
		if len(versions) > 0 {
			a := node.Attribute{Name: "software.kubelet", Value: versions[0]}
			for _, v := range versions[1:] {
				a.Others = append(a.Others, node.Reading{Value: v})
			}
			card.Attributes = append(card.Attributes, a)
		}
		if got := rules[0].mended(card); got != want {
			t.Errorf("kubelet %q: mended %v, want %v", versions, got, want)
		}
		if got := rules[0].fixedIn(card); got != sentence {
			t.Errorf("kubelet %q: %q, want %q", versions, got, sentence)
		}
	}
	f(true, "Fixed in kubelet 1.31.2; this node has v1.31.4, so it has another cause, and is told for information.", "v1.31.4")
	f(true, "Fixed in kubelet 1.31.2; this node has v1.31.2-eks-94953ac, so it has another cause, and is told for information.", "v1.31.2-eks-94953ac", "v1.32.0")
	f(false, "Fixed in kubelet 1.31.2; this node has v1.31.1.", "v1.31.1")
	f(false, "Fixed in kubelet 1.31.2; this node has v1.30.9.", "v1.31.4", "v1.30.9")
	f(false, "Fixed in kubelet 1.31.2; this node has new, which cannot be compared.", "new")
	f(false, "Fixed in kubelet 1.31.2; the bundle does not tell which this node has.")
}

// TestRules_applies is of the rules that are not for every node: for which
// readings of the identity card they are, and for which they are not.
func TestRules_applies(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	limited := map[string]bool{}
	for _, r := range rules {
		limited[r.ID] = len(r.applies) > 0
	}
	f := func(id, attribute, yes, no, reason string) {
		t.Helper()
		i := slices.IndexFunc(rules, func(r *Rule) bool { return r.ID == id })
		for value, want := range map[string]string{yes: "", no: reason, "": ""} {
			card := &node.Card{Attributes: []node.Attribute{{Name: attribute, Value: value}}}
			if value == "" {
				card.Attributes = nil
			}
			if got, _ := notApplicable(rules[i].applications(card)); got != want {
				t.Errorf("%s on %q: %q, want %q", id, value, got, want)
			}
		}
		limited[id] = false
	}
	const al2, al2023, bottlerocket = "Amazon Linux 2", "Amazon Linux 2023.6.20250203", "Bottlerocket OS 1.19.4 (aws-k8s-1.29)"
	for _, id := range []string{
		"nodeadm.command.failed", "nodeadm.config.validation", "nodeadm.imds.error", "nodeadm.ec2.describe_failed", "nodeadm.unit.failed",
		"nodeadm.manual_call", "nodeadm.maxpods.fallback", "cloudinit.bootstrap_sh_on_al2023", "systemd.oomd_kill",
	} {
		f(id, "software.os", al2023, al2, "it is for system !al2, and this node has Amazon Linux 2")
	}
	for _, id := range []string{"npa.bpf_error", "npa.map_update_failed", "npa.ipamd_connect", "npa.agent_unreachable", "npa.flow_denied"} {
		f(id, "software.cni", "v1.14.0-eksbuild.3", "v1.13.4", "it is for VPC CNI >=1.14, and this node has v1.13.4")
	}
	f("selinux.enforcing", "software.os", al2023, bottlerocket, "it is for system !bottlerocket, and this node has "+bottlerocket)
	f("storage.xfs.mem_deadlock", "software.kernel", "5.10.225-213.878.amzn2.x86_64", "6.12.37-61.105.amzn2023.x86_64",
		"it is for kernel <6.12, and this node has 6.12.37-61.105.amzn2023.x86_64")
	f("kubelet.shutdown.detected", "software.kubelet", "v1.23.17-eks-0a21954", "v1.19.15-eks-9c63c4", "it is for kubelet >=1.20, and this node has v1.19.15-eks-9c63c4")
	for id, left := range limited {
		if left {
			t.Errorf("%s says which nodes it is for, which nothing here tries", id)
		}
	}
}

// TestRules_fixedIn is of the known bugs: they count on the last version that
// has the bug, and are info on the first without.
func TestRules_fixedIn(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, r := range rules {
		left[r.ID] = len(r.fixes) > 0
	}
	f := func(id, attribute, bad, good string) {
		t.Helper()
		i := slices.IndexFunc(rules, func(r *Rule) bool { return r.ID == id })
		for value, want := range map[string]bool{bad: false, good: true} {
			card := &node.Card{Attributes: []node.Attribute{{Name: attribute, Value: value}}}
			if got := rules[i].mended(card); got != want {
				t.Errorf("%s with %s: mended %v, want %v", id, value, got, want)
			}
		}
		left[id] = false
	}
	f("containerd.start.stale_sandbox", "software.containerd", "2.0.5", "2.0.6")
	f("containerd.start.stale_sandbox", "software.containerd", "2.1.3", "2.1.4")
	f("containerd.start.stale_sandbox", "software.containerd", "1.7.27", "2.2.0")
	f("containerd.runc.exec_no_terminal", "software.runc", "1.1.3", "1.1.4")
	for id, untried := range left {
		if untried {
			t.Errorf("%s is fixed in some version, which nothing here tries", id)
		}
	}
}
