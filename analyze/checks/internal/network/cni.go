package network

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
	"github.com/eksleuth/eksleuth/parsers/ipvsadm"
	"github.com/eksleuth/eksleuth/parsers/nft"
)

// A Setting is one of the VPC CNI, and where it stands.
type Setting struct {
	Name, Value string
	At          parsers.Pos
}

// True reports a setting that is switched on.
func (s Setting) True() bool { return s.Value == "true" }

// Get returns a setting of the VPC CNI: what ipamd says that it works with, else
// the variable of the newest aws-node container.
func Get(p *analyze.Pass, name string) (Setting, bool) {
	for _, f := range analyze.Facts[ipamdsettings.Settings](p) {
		if v, ok := f.Value.Get(name); ok && !v.Null {
			return Setting{name, v.Text, parsers.Pos{File: f.Path, Line: v.Line}}, true
		}
	}
	return Variable(p, name)
}

// Variable returns a variable of the newest aws-node container.
func Variable(p *analyze.Pass, name string) (Setting, bool) {
	for _, f := range analyze.Facts[cnienv.Containers](p) {
		if c := f.Value.Latest(); c != nil {
			if v, ok := c.Get(name); ok {
				return Setting{name, v.Value, parsers.Pos{File: f.Path, Line: v.Line}}, true
			}
		}
	}
	return Setting{}, false
}

// On reports a setting that is known to be switched on.
func On(p *analyze.Pass, name string) bool {
	s, ok := Get(p, name)
	return ok && s.True()
}

// Pools are the answers of ipamd that can be read to their end and that have
// interfaces: a proof that ipamd has set up the network of the node.
func Pools(p *analyze.Pass) []analyze.FileFact[enis.Pool] {
	return slices.DeleteFunc(analyze.Facts[enis.Pool](p), func(f analyze.FileFact[enis.Pool]) bool {
		return f.Value.Damaged || whole.Cut(p, f.Path) != "" || !slices.ContainsFunc(f.Value.Cards, func(c enis.Card) bool { return len(c.ENIs) > 0 })
	})
}

// V6 reports a node whose pods have IPv6 addresses.
func V6(p *analyze.Pass) bool {
	if On(p, "ENABLE_IPv6") {
		return true
	}
	for _, f := range Pools(p) {
		for _, c := range f.Value.Cards {
			for _, e := range c.ENIs {
				if slices.ContainsFunc(e.Ranges, func(r enis.Range) bool { return r.CIDR.Addr().Is6() }) {
					return true
				}
			}
		}
	}
	return false
}

// Conflists are the files of /etc/cni/net.d that a runtime reads, in its order.
func Conflists(p *analyze.Pass) []analyze.FileFact[conflist.Network] {
	return slices.DeleteFunc(analyze.Facts[conflist.Network](p), func(f analyze.FileFact[conflist.Network]) bool { return !InUse(f.Path) })
}

// InUse reports a file that the runtime takes for its configuration: it does not
// look into folders.
func InUse(file string) bool { return path.Base(path.Dir(file)) == "cni" && conflist.Loaded(file) }

// OtherCNI names the network plugin of the node when it is not the VPC CNI, by
// the configuration that the runtime takes; "" when it is, or is not known.
func OtherCNI(p *analyze.Pass) string {
	for _, f := range Conflists(p) {
		if f.Value.Plugin("aws-cni") != nil || len(f.Value.Plugins) == 0 {
			return ""
		}
		if kind := f.Value.Plugins[0].Type; !Meta(kind) {
			return cmp.Or(kind, f.Value.Name)
		}
	}
	return ""
}

// VethPrefix is what the names of the interfaces of pods start with.
func VethPrefix(p *analyze.Pass) string {
	for _, f := range Conflists(p) {
		if plugin := f.Value.Plugin("aws-cni"); plugin != nil {
			if s, ok := plugin.Get("vethPrefix"); ok && s.Value != "" {
				return s.Value
			}
		}
	}
	return "eni"
}

// Meta reports a plugin that calls others, or that is no network for pods.
func Meta(kind string) bool {
	return slices.Contains([]string{"multus", "multus-shim", "loopback", "genie", "danm"}, kind)
}

// A Mode is how Services become rules of the kernel.
type Mode string

// The modes. Unknown is any of them.
const (
	Unknown  Mode = ""
	Iptables Mode = "iptables"
	IPVS     Mode = "ipvs"
	Nftables Mode = "nftables"
	EBPF     Mode = "eBPF"
)

// ProxyMode tells the mode, and the line that says so.
func ProxyMode(p *analyze.Pass) (Mode, parsers.Pos) {
	if hits := p.Hits("mark.node.proxy_mode"); len(hits) > 0 {
		if last := hits[len(hits)-1]; last.Entities["value"] != "" {
			return Mode(last.Entities["value"]), last.Pos
		}
	}
	for _, f := range analyze.Facts[ipvsadm.Servers](p) {
		if all := f.Value.All(); len(all) > 0 {
			return IPVS, parsers.Pos{File: f.Path, Line: all[0].Line}
		}
	}
	for _, f := range analyze.Facts[nft.Ruleset](p) {
		for _, t := range f.Value.Tables {
			if t.Name == "kube-proxy" {
				return Nftables, parsers.Pos{File: f.Path, Line: t.Line}
			}
		}
	}
	for _, f := range analyze.Facts[ifconfig.Interfaces](p) {
		for _, x := range f.Value.Interfaces {
			switch {
			case x.Name == "kube-ipvs0":
				return IPVS, parsers.Pos{File: f.Path, Line: x.Line}
			case strings.HasPrefix(x.Name, "cilium_"):
				return EBPF, parsers.Pos{File: f.Path, Line: x.Line}
			}
		}
	}
	return fromRules(p)
}

// fromRules tells the mode by the rules of iptables: kube-proxy has sets of
// addresses in its IPVS mode, and Cilium has chains of its own.
//
//	-A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ
func fromRules(p *analyze.Pass) (Mode, parsers.Pos) {
	t := GetTable(p, "nat", false)
	if t == nil {
		return Unknown, parsers.Pos{}
	}
	for _, r := range t.Rules {
		switch {
		case strings.HasPrefix(r.Chain, "KUBE-SVC-"):
			return Iptables, t.Pos(r.Line)
		case Owner(r.Chain) == KubeProxy && marked(r, "match-set KUBE-"):
			return IPVS, t.Pos(r.Line)
		case strings.HasPrefix(r.Chain, "CILIUM_"):
			return EBPF, t.Pos(r.Line)
		}
	}
	return Unknown, parsers.Pos{}
}

// settle is how long kube-proxy may take from its start to its first Services.
const settle = 30 * time.Second

// ProxyStartedLate reports a kube-proxy that began when the collection did.
func ProxyStartedLate(p *analyze.Pass) bool {
	hits := p.Hits("mark.kubeproxy.started")
	if len(hits) == 0 || p.Clock.Collected.IsZero() {
		return false
	}
	at := hits[len(hits)-1].At
	return !at.IsZero() && p.Clock.Collected.Sub(at) < settle
}
