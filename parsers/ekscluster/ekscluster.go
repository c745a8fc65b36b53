// Package ekscluster reads what "aws eks describe-cluster" says of the cluster
// that a node belongs to, as json or yaml. People put it next to the bundle.
// What a file does not say is zero; the certificate of the cluster is not kept.
package ekscluster

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the output of describe-cluster.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Output of aws eks describe-cluster: json or yaml.",
	Files:  []string{"describe-cluster*", "extra/describe-cluster*", "*/describe-cluster*"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ekscluster"

// Clusters is what one file says.
type Clusters struct {
	Clusters []Cluster
	// Cut says where and why the file was not read whole, or that there are
	// more than are kept; "" if all was read.
	Cut string
}

// A Cluster is one EKS cluster.
type Cluster struct {
	Line            int
	Name            string
	Region          string // of its ARN
	Version         string // of Kubernetes: "1.30"
	PlatformVersion string // "eks.18"
	Status          string // "ACTIVE"
	Created         string // RFC 3339, as the file has it
	Endpoint        string // URL of the API server
	HasCA           bool   // the file has the certificate; it is not kept
	Role            string // ARN

	ServiceIPv4CIDR string
	ServiceIPv6CIDR string
	IPFamily        string // "ipv4", "ipv6"

	VPC                  string
	Subnets              []string
	SecurityGroups       []string // besides that of the cluster
	ClusterSecurityGroup string
	PublicAccess         string // of the endpoint: "true", "false"
	PrivateAccess        string
	PublicAccessCIDRs    []string

	AuthMode    string   // "CONFIG_MAP", "API", "API_AND_CONFIG_MAP"
	Logging     []string // kinds of control plane logs that are on
	SupportType string   // of its upgrade policy: "STANDARD", "EXTENDED"
	AutoMode    string   // of EKS Auto Mode compute: "true", "false"
	Issues      []Issue  // what EKS says is wrong with it

	// Lines are those of the fields, by their path in the file:
	// "resourcesVpcConfig.endpointPublicAccess".
	Lines map[string]int
}

// An Issue is a problem that EKS sees in a cluster.
type Issue struct {
	Line          int
	Code, Message string
	Resources     []string
}

// Limits of what is kept.
const (
	maxClusters = 1000
	maxList     = 200
	maxText     = 500
)

// Parse reads a file.
func Parse(file string, text []byte) (*Clusters, error) {
	out := &Clusters{}
	damage := tree.Objects(text, func(v *tree.Value) bool {
		out.value(v, 0)
		return out.Cut == ""
	})
	if len(out.Clusters) > 0 {
		out.Cut = cmp.Or(damage.Cut(), out.Cut)
		return out, nil
	}
	return nil, damage.Fail(name, file, "no cluster")
}

// value looks for clusters: the whole answer, or the result of --query cluster.
//
//	"cluster": {
//	    "name": "prod-usw2-blue",
//	    "arn": "arn:aws:eks:us-west-2:123456789012:cluster/prod-usw2-blue",
//	    "version": "1.30",
func (out *Clusters) value(v *tree.Value, depth int) {
	const deep = 4
	switch {
	case v.Kind == tree.List && depth < deep:
		for _, item := range v.Items {
			out.value(item, depth+1)
		}
	case v.Kind != tree.Map:
	case v.Get("cluster") != nil && depth < deep:
		out.value(v.Get("cluster"), depth+1)
	case isCluster(v):
		if len(out.Clusters) == maxClusters {
			out.Cut = fmt.Sprintf("more than %d clusters", maxClusters)
			return
		}
		out.Clusters = append(out.Clusters, cluster(v))
	}
}

func isCluster(v *tree.Value) bool {
	return v.Get("platformVersion") != nil || v.Get("resourcesVpcConfig") != nil || v.Get("kubernetesNetworkConfig") != nil
}

func cluster(v *tree.Value) Cluster {
	r := reader{v, map[string]int{}}
	c := Cluster{
		Line: v.Line, Name: r.text("name"), Version: r.text("version"), PlatformVersion: r.text("platformVersion"),
		Status: r.text("status"), Created: r.text("createdAt"), Endpoint: r.text("endpoint"), Role: r.text("roleArn"),
		HasCA:           r.text("certificateAuthority", "data") != "",
		ServiceIPv4CIDR: r.text("kubernetesNetworkConfig", "serviceIpv4Cidr"), ServiceIPv6CIDR: r.text("kubernetesNetworkConfig", "serviceIpv6Cidr"),
		IPFamily: r.text("kubernetesNetworkConfig", "ipFamily"),
		VPC:      r.text("resourcesVpcConfig", "vpcId"), ClusterSecurityGroup: r.text("resourcesVpcConfig", "clusterSecurityGroupId"),
		Subnets: r.texts("resourcesVpcConfig", "subnetIds"), SecurityGroups: r.texts("resourcesVpcConfig", "securityGroupIds"),
		PublicAccess: r.text("resourcesVpcConfig", "endpointPublicAccess"), PrivateAccess: r.text("resourcesVpcConfig", "endpointPrivateAccess"),
		PublicAccessCIDRs: r.texts("resourcesVpcConfig", "publicAccessCidrs"),
		AuthMode:          r.text("accessConfig", "authenticationMode"), SupportType: r.text("upgradePolicy", "supportType"),
		AutoMode: r.text("computeConfig", "enabled"), Lines: r.lines,
	}
	if parts := strings.Split(r.text("arn"), ":"); len(parts) > 3 {
		c.Region = parts[3]
	}
	if name := v.Get("name"); name != nil {
		c.Line = name.Line
	}
	c.Logging = logging(v.Get("logging", "clusterLogging"))
	c.Issues = issues(v.Get("health", "issues"))
	return c
}

// logging lists the kinds of logs that are on, in the order of the file.
func logging(v *tree.Value) (on []string) {
	if v == nil {
		return nil
	}
	for _, group := range v.Items {
		if types := group.Get("types"); types != nil && group.String("enabled") == "true" {
			for _, kind := range types.Items {
				if len(on) < maxList {
					on = append(on, short(kind.Text))
				}
			}
		}
	}
	return on
}

func issues(v *tree.Value) (out []Issue) {
	if v == nil {
		return nil
	}
	for _, i := range v.Items[:min(len(v.Items), maxList)] {
		r := reader{i, map[string]int{}}
		out = append(out, Issue{i.Line, r.text("code"), r.text("message"), r.texts("resourceIds")})
	}
	return out
}

// reader takes fields of a map and notes their lines.
type reader struct {
	v     *tree.Value
	lines map[string]int
}

func (r *reader) text(path ...string) string {
	v := r.v.Get(path...)
	if v == nil || v.Kind != tree.Scalar {
		return ""
	}
	r.lines[strings.Join(path, ".")] = v.Line
	return short(v.Text)
}

func (r *reader) texts(path ...string) (out []string) {
	v := r.v.Get(path...)
	if v == nil || v.Kind != tree.List {
		return nil
	}
	r.lines[strings.Join(path, ".")] = v.Line
	for _, item := range v.Items[:min(len(v.Items), maxList)] {
		out = append(out, short(item.Text))
	}
	return out
}

func short(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "?") }

var (
	jsonStart = regexp.MustCompile(`^\[?\{"cluster":\{`)
	yamlStart = regexp.MustCompile(`^(?:---\s+)?cluster:\s`)
	yamlBare  = regexp.MustCompile(`^(?:---\s+)?\w+:[^{]*\n`)
	fields    = [][]byte{[]byte("platformVersion"), []byte("resourcesVpcConfig"), []byte("kubernetesNetworkConfig"), []byte("certificateAuthority"), []byte("roleArn")}
)

// sniff accepts an answer, or what --query cluster leaves of it. The names of
// two fields must be among the first: others have a "cluster" too.
func sniff(head []byte) bool {
	head = bytes.TrimLeft(tree.Body(head), " \t\r\n")
	n := 0
	for _, f := range fields {
		if bytes.Contains(head, f) {
			n++
		}
	}
	if len(head) == 0 || n < 2 || bytes.Contains(head, []byte("apiVersion")) {
		return false
	}
	squeezed := string(bytes.Join(bytes.Fields(head[:min(len(head), 200)]), nil))
	return jsonStart.MatchString(squeezed) || strings.HasPrefix(squeezed, `{"`) || yamlStart.Match(head) || yamlBare.Match(head)
}
