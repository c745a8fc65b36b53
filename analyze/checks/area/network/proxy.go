package network

import (
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/ipvsadm"
	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/nft"
)

func proxyState(r *area.Reader) {
	mode, where := network.ProxyMode(r.Pass)
	if !r.FromCard("mode", "network.proxy_mode") {
		if mode != network.Unknown {
			r.Say("mode", string(mode), where).With("by its rules")
		} else {
			r.NotJudged("the mode of kube-proxy", "neither its log nor its rules say it")
		}
	}
	r.FromCard("version", "software.kube_proxy")
	r.FromCard("addresses of services", "cluster.service_cidr")
	proxyPorts(r)
	if !rulesOfServices(r) && mode != network.IPVS && mode != network.Nftables && mode != network.EBPF {
		r.NotJudged("services", whole.Absent(r.Pass, "networking/iptables-save.txt"))
	}
	virtualServers(r)
	nftTables(r)
}

// proxyPorts tells whether kube-proxy listens where load balancers and Prometheus
// ask it.
func proxyPorts(r *area.Reader) {
	f := area.First[netstat.Sockets](r, nil)
	if f == nil {
		r.NotJudged("ports of kube-proxy", whole.Absent(r.Pass, "system/netstat.txt"))
		return
	}
	for _, x := range []struct {
		port  uint16
		label string
	}{{10256, "health port 10256"}, {10249, "metrics port 10249"}} {
		if s, ok := f.Value.Listens(x.port); ok {
			r.Say(x.label, "listens", at(f.Path, s.Line)).Note = s.Program
		} else {
			r.Say(x.label, "nobody listens", at(f.Path, 0))
		}
	}
}

// rulesOfServices lists the services of iptables; false without any table of them.
func rulesOfServices(r *area.Reader) (any bool) {
	total := 0
	var table *network.Table
	t := r.Table("services", area.Text("service"), area.Text("address"), area.N("endpoints"))
	for _, v6 := range []bool{false, true} {
		s := servicesOf(r, v6)
		if s == nil {
			continue
		}
		any, total = true, total+len(s.all)
		if table == nil {
			table = s.table
		}
		endpoints, empty := 0, 0
		for _, x := range s.all {
			endpoints += len(x.all)
			if x.empty {
				empty++
			}
			t.Row(x.at, x.name, x.address, len(x.all))
		}
		if len(s.all) > 0 {
			r.Count("services "+family(v6), int64(len(s.all)), "ports", s.all[0].at).
				With("%d endpoints, %d without endpoints", endpoints, empty)
		}
		chains := 0
		for _, c := range s.table.Chains {
			if strings.HasPrefix(c.Name, "KUBE-SVC-") {
				chains++
			}
		}
		if chains > 0 {
			r.Count("KUBE-SVC chains "+family(v6), int64(chains), "chains", s.table.Start())
		}
	}
	if any && total == 0 {
		r.Say("services in iptables", "none", table.Start())
	}
	return any
}

// virtualServers tells what kube-proxy has made in its IPVS mode.
func virtualServers(r *area.Reader) {
	for _, f := range analyze.Facts[ipvsadm.Servers](r.Pass) {
		all := f.Value.All()
		if len(all) == 0 {
			continue
		}
		t := r.Table("virtual servers of IPVS", area.Text("server"), area.Text("scheduler"), area.N("backends"))
		for _, s := range all {
			t.Row(at(f.Path, s.Line), s.Proto+" "+s.Addr, s.Scheduler, len(s.Backends))
		}
		return
	}
}

// nftTables tells what kube-proxy has made in its nftables mode.
func nftTables(r *area.Reader) {
	for _, f := range analyze.Facts[nft.Ruleset](r.Pass) {
		for i := range f.Value.Tables {
			x := &f.Value.Tables[i]
			if x.Name != "kube-proxy" {
				continue
			}
			words := fmt.Sprintf("%d chains, %d sets and maps", len(x.Chains), len(x.Sets))
			if s := x.Set("service-ips"); s != nil {
				words += fmt.Sprintf(", %d addresses and ports of services", s.Elements)
			}
			r.Say("nftables "+x.Family, words, at(f.Path, x.Line))
		}
	}
}
