package node

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/brsettings"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/top"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// instanceAttributes are what the node is made of.
var instanceAttributes = []attribute{
	{name: "instance.id", group: "instance", title: "instance", from: []source{
		identity(instance.ID),
		bundleName(func(id string, _ time.Time, _ string) string { return id }),
		mark("mark.node.details.instance"),
		providerID(func(_, id string) string { return id }),
	}},
	{name: "instance.hostname", group: "instance", title: "host name", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Hostname, f.value.Line) }),
		mark("mark.node.details.dns"),
		argument("hostname-override"),
	}, same: strings.EqualFold},
	{name: "instance.ip", group: "instance", title: "address", from: []source{
		argument("node-ip"), mark("mark.node.kubelet_flag.ip"), setting("kubernetes.node-ip"), sourceOfDefault, ipOfName,
	}},
	{name: "instance.type", group: "instance", title: "type", from: []source{
		mark("mark.node.details.type", "mark.node.instance_type", "mark.node.ipamd_type"),
		label("node.kubernetes.io/instance-type"),
		ec2Instance(func(in *ec2.Instance) []Reading { return one(in.Type, in.Line) }),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.InstanceType, n.Line) }),
	}},
	{name: "instance.limits", group: "instance", title: "limits", from: []source{limitsOfType}},
	{name: "instance.zone", group: "instance", title: "zone", from: []source{
		identity(instance.Zone), mark("mark.node.details.zone"),
		providerID(func(zone, _ string) string { return zone }),
		label("topology.kubernetes.io/zone"),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.Zone, n.Line) }),
	}},
	{name: "instance.region", group: "instance", title: "region", from: []source{
		identity(instance.Region), mark("mark.node.details.region"),
		setting("aws.region"), regionOfZone, regionOfName,
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.Region, n.Line) }),
	}},
	{name: "instance.cpus", group: "instance", title: "processors", from: []source{
		from(func(f fact[procstat.Stat]) []Reading { return one(count(f.value.CPUs), f.value.CPU.Line) }),
	}},
	{name: "instance.memory", group: "instance", title: "memory", from: []source{
		from(func(f fact[top.Summary]) []Reading {
			m := f.value.Memory
			if m.Total <= 0 {
				return nil
			}
			return one(fmt.Sprintf("%.1f GiB", float64(m.Total)/(1<<30)), m.Line)
		}),
	}},
}

// identity reads the files with one value of the instance each.
func identity(kind instance.Kind) source {
	return from(func(f fact[instance.Identity]) []Reading {
		if f.value.Kind != kind {
			return nil
		}
		return one(f.value.Value, f.value.Line)
	})
}

// setting reads a setting of Bottlerocket.
func setting(path string) source {
	return from(func(f fact[brsettings.Settings]) []Reading {
		s, ok := f.value.Get(path)
		if !ok {
			return nil
		}
		return one(s.Value(), s.Line)
	})
}

// limitsOfType looks the type up.
func limitsOfType(r *reader) []Reading {
	of := r.known("instance.type")
	l, ok := LimitsOf(of.Value)
	if !ok {
		return nil
	}
	of.Value, of.Note = l.String(), "of the type, by the EC2 limits of "+LimitsDate
	return []Reading{of}
}

// zoneLetter is what a zone has behind its region.
var zoneLetter = regexp.MustCompile(`^([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})(?:-[a-z0-9]+)*[a-z]$`)

func regionOfZone(r *reader) []Reading {
	zone := r.known("instance.zone")
	m := zoneLetter.FindStringSubmatch(zone.Value)
	if m == nil {
		return nil
	}
	zone.Value, zone.Note = m[1], "the region of the zone"
	return []Reading{zone}
}

// privateName is what EC2 calls an instance. Those of us-east-1 lack the region.
//
//	ip-10-0-7-118.us-west-2.compute.internal
var privateName = regexp.MustCompile(`^[^.]+\.([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})\.compute\.internal$`)

func regionOfName(r *reader) []Reading {
	name := r.known("instance.hostname")
	m := privateName.FindStringSubmatch(name.Value)
	if m == nil {
		return nil
	}
	name.Value, name.Note = m[1], "from the host name"
	return []Reading{name}
}

// sourceOfDefault is the address that the node sends from to the world.
func sourceOfDefault(r *reader) (all []Reading) {
	for _, f := range facts[iproute2.Routes](r) {
		for _, x := range f.value.Routes {
			if x.Dst.IsValid() && x.Dst.Bits() == 0 && x.Table == "main" && x.Src.IsValid() {
				all = append(all, Reading{Value: x.Src.String(), File: f.path, Line: x.Line, Note: "source of the default route"})
			}
		}
	}
	return all
}

// ipOfName reads the address in a host name like ip-10-0-12-34.
func ipOfName(r *reader) []Reading {
	name := r.known("instance.hostname")
	host, _, _ := strings.Cut(name.Value, ".")
	dashed, ok := strings.CutPrefix(host, "ip-")
	ip, err := netip.ParseAddr(strings.ReplaceAll(dashed, "-", "."))
	if !ok || err != nil {
		return nil
	}
	name.Value, name.Note = ip.String(), "from the host name"
	return []Reading{name}
}

// count writes a number; 0 is unknown.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
