package entity

import (
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// Facts reads the observations of the snapshots and of the names of the files.
func Facts(facts []index.Fact, files []*index.File) []Observation {
	r := &reading{}
	for _, f := range facts {
		r.file = f.File.Path
		r.fact(f.Value)
	}
	for _, f := range files {
		r.file = f.Path
		r.fileName(f.At())
	}
	return r.all
}

// maxFacts bounds the observations of a case.
const maxFacts = 500_000

// reading is Facts at work.
type reading struct {
	file string
	all  []Observation
}

// say begins an observation about the file at hand.
func (r *reading) say(line int, verb string, at time.Time, fill func(o *Observation)) {
	o := Observation{Verb: verb, At: at, Pos: parsers.Pos{File: r.file, Line: line}}
	fill(&o)
	if len(o.Things) > 1 && len(r.all) < maxFacts {
		r.all = append(r.all, o)
	}
}

var never time.Time // of what was so at the collection

// fact reads one decoded file. A new kind of file is a case here.
func (r *reading) fact(v any) {
	switch v := v.(type) {
	case *enis.Pool:
		r.enis(v)
	case *ipam.Checkpoint:
		r.checkpoint(v)
	case *ctr.Containers:
		r.containers(v)
	case *ctr.Tasks:
		for _, t := range v.Tasks {
			r.say(t.Line, "task "+strings.ToLower(string(t.Status)), never, func(o *Observation) {
				o.add(Container, t.ID)
				o.add(PID, number(int(t.PID)))
			})
		}
	case *ps.Table:
		r.processes(v)
	case *iproute2.Routes:
		r.routes(v)
	case *df.Table:
		r.mounts(v)
	case *kubeobjects.Objects:
		r.pods(v.Pods)
	case *cnienv.Containers:
		for _, c := range v.Containers {
			r.say(c.Line, "container kept", never, func(o *Observation) {
				o.add(Container, c.ID)
				o.add(Name, c.Name)
				o.add(Image, c.Image)
				o.pod("kube-system", c.Pod)
			})
		}
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// enis reads the pool of the VPC CNI: which interface has an address, and which
// sandbox has or had it.
func (r *reading) enis(p *enis.Pool) {
	for _, card := range p.Cards {
		for _, eni := range card.ENIs {
			for _, cidr := range eni.Ranges {
				r.addresses(&eni, &cidr)
			}
		}
	}
}

func (r *reading) addresses(eni *enis.ENI, cidr *enis.Range) {
	if len(cidr.Addresses) == 0 && cidr.CIDR.IsSingleIP() {
		r.say(cidr.Line, "address of interface, unused", never, func(o *Observation) {
			o.add(ENI, eni.ID)
			o.add(IP, address(cidr.CIDR.Addr()))
		})
	}
	for _, a := range cidr.Addresses {
		verb, at := "address assigned", a.AssignedAt
		if !a.Assigned {
			verb, at = "address released", a.UnassignedAt
		}
		r.say(a.Line, verb, at, func(o *Observation) {
			o.add(IP, address(a.IP))
			o.add(ENI, eni.ID)
			o.add(Sandbox, a.Container)
			o.pod(a.Namespace, a.Pod)
		})
	}
}

// checkpoint reads what ipamd keeps over its restarts.
func (r *reading) checkpoint(c *ipam.Checkpoint) {
	for _, a := range c.Allocations {
		r.say(a.Line, "address assigned", a.At, func(o *Observation) {
			o.add(IP, address(a.IPv4))
			o.add(IP, address(a.IPv6))
			if !a.Migrated() {
				o.add(Sandbox, a.Container)
			}
			o.add(UID, a.UID)
			o.pod(a.Namespace, a.Pod)
		})
	}
}

// containers reads what containerd knows. A container of a pause image is the
// sandbox of a pod.
func (r *reading) containers(t *ctr.Containers) {
	for _, c := range t.Containers {
		r.say(c.Line, "container kept", never, func(o *Observation) {
			kind := Container
			if name, _, _ := strings.Cut(path.Base(c.Image), ":"); name == "pause" {
				kind = Sandbox
			}
			o.add(kind, c.ID)
			o.add(Image, c.Image)
		})
	}
}

// pods reads what the API server said of pods.
func (r *reading) pods(all []kubeobjects.Pod) {
	for _, p := range all {
		r.say(p.Line, "pod "+strings.ToLower(p.Phase), p.Started, func(o *Observation) {
			o.pod(p.Namespace, p.Name)
			o.add(UID, p.UID)
			if !p.HostNetwork { // else they are those of the node
				for _, ip := range p.IPs {
					o.add(IP, ip)
				}
			}
		})
		for _, c := range p.Containers {
			r.say(c.Line, "container of pod", never, func(o *Observation) {
				o.add(UID, p.UID)
				o.add(Name, c.Name)
				o.add(Container, c.ID)
				o.add(Image, c.Image)
			})
		}
	}
}

// A shim is the parent of the processes of a sandbox.
//
//	/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id c77389e7… -address /run/containerd/containerd.sock
var shim = regexp.MustCompile(`^\S*containerd-shim\S* .*-id ([0-9a-f]{64})\b`)

func (r *reading) processes(t *ps.Table) {
	sandboxes := map[int]string{} // by PID of the shim
	for _, p := range t.Processes {
		if m := shim.FindStringSubmatch(p.Command); m != nil {
			sandboxes[p.PID] = m[1]
			r.say(p.Line, "shim runs", never, func(o *Observation) {
				o.add(Sandbox, m[1])
				o.add(PID, number(p.PID))
			})
			continue
		}
		if id := sandboxes[p.PPID]; id != "" {
			r.say(p.Line, "process of pod runs", never, func(o *Observation) {
				o.add(Sandbox, id)
				o.add(PID, number(p.PID))
			})
		}
	}
}

// routes reads the addresses of pods: the VPC CNI makes a route to the
// interface of each.
func (r *reading) routes(t *iproute2.Routes) {
	for _, x := range t.Routes {
		if x.Dst.IsValid() && x.Dst.IsSingleIP() && x.Dev != "" && x.Type == "unicast" && !x.Via.IsValid() && !x.Src.IsValid() {
			r.say(x.Line, "route", never, func(o *Observation) {
				o.add(IP, address(x.Dst.Addr()))
				o.add(Interface, x.Dev)
			})
		}
	}
}

// Where the kubelet mounts the volumes of a pod, and containerd the root of a
// container.
var (
	podVolume = regexp.MustCompile(`/pods/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/volumes?(?:-subpaths)?/([^/]+)(?:/([^/]+))?`)
	rootfs    = regexp.MustCompile(`/io\.containerd\.runtime\.v2\.task/k8s\.io/([0-9a-f]{64})/rootfs$`)
)

func (r *reading) mounts(t *df.Table) {
	for _, m := range t.Mounts {
		r.say(m.Line, "mounted", never, func(o *Observation) {
			o.add(Mount, m.Target)
			if strings.HasPrefix(m.Source, "/dev/") {
				o.add(Device, m.Source)
			}
			if v := podVolume.FindStringSubmatch(m.Target); v != nil {
				o.add(UID, v[1])
				o.add(Volume, v[3])
			}
			if c := rootfs.FindStringSubmatch(m.Target); c != nil {
				o.add(Container, c[1])
			}
		})
	}
}

// The copies of the logs of pods have the names of their things in their own.
//
//	var_log/aws-node-gtzv6_kube-system_aws-node-7e28….log
//	var_log/kube-system_aws-node-gtzv6_c00817cb-22e2-4a19-88fc-65980d213742/aws-node/0.log
var (
	containerLog = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log`)
	podLog       = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([^/]+)/`)
)

func (r *reading) fileName(at string) {
	if m := containerLog.FindStringSubmatch(at); m != nil {
		r.say(0, "log kept", never, func(o *Observation) {
			o.pod(m[2], m[1])
			o.add(Name, m[3])
			o.add(Container, m[4])
		})
	}
	if m := podLog.FindStringSubmatch(at); m != nil {
		r.say(0, "log kept", never, func(o *Observation) {
			o.pod(m[1], m[2])
			o.add(UID, m[3])
			o.add(Name, m[4])
		})
	}
}
