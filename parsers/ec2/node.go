package ec2

import "strings"

// A Node is what is known of the node, to tell which instance it is. Unknown
// fields are "".
type Node struct{ InstanceID, Hostname string }

// A Match says how sure it is that an instance is the node.
type Match string

// The matches.
const (
	Same    Match = "same"    // an ID, a name or an address says so
	Only    Match = "only"    // the file describes one instance, without saying which
	Other   Match = "other"   // the file describes other instances
	Several Match = "several" // the file describes several and does not say which
)

// Of returns the instance that is the node. It is nil for Other and Several.
func (is *Instances) Of(n Node) (*Instance, Match) {
	named := false
	for i := range is.Instances {
		in := &is.Instances[i]
		if in.is(n) {
			return in, Same
		}
		named = named || in.comparable(n)
	}
	switch {
	case named:
		return nil, Other
	case len(is.Instances) == 1:
		return &is.Instances[0], Only
	}
	return nil, Several
}

// is compares what both sides know.
func (in *Instance) is(n Node) bool {
	if n.InstanceID != "" && in.InstanceID != "" {
		return n.InstanceID == in.InstanceID
	}
	if n.Hostname == "" {
		return false
	}
	host, _, _ := strings.Cut(n.Hostname, ".")
	return in.InstanceID != "" && in.InstanceID == host ||
		in.PrivateDNS != "" && strings.EqualFold(in.PrivateDNS, n.Hostname) ||
		in.PrivateIP != "" && in.PrivateIP == hostIP(host)
}

// comparable reports that is would have said yes for the right instance.
func (in *Instance) comparable(n Node) bool {
	if n.InstanceID != "" && in.InstanceID != "" {
		return true
	}
	host, _, _ := strings.Cut(n.Hostname, ".")
	return n.Hostname != "" && in.PrivateDNS != "" || in.PrivateIP != "" && hostIP(host) != "" ||
		in.InstanceID != "" && strings.HasPrefix(host, "i-")
}

// hostIP returns the address in a name like ip-10-0-12-34, "" for others.
func hostIP(host string) string {
	ip, ok := strings.CutPrefix(host, "ip-")
	if !ok {
		return ""
	}
	return strings.ReplaceAll(ip, "-", ".")
}
