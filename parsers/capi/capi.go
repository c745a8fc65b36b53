// Package capi reads manifests of Cluster API and its provider for AWS, as far
// as they say how nodes are made: machine templates, machine pools, the
// configuration of their bootstrap, and the Secret that holds its result. They
// are files of people or the output of kubectl get -o yaml or -o json.
//
// Of a Secret only its kind and the settings of the node are kept. What an
// object does not say is zero.
package capi

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
	"github.com/eksleuth/eksleuth/parsers/internal/userdata"
)

// Format is manifests of Cluster API.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Manifests of Cluster API for AWS: machine templates and pools, bootstrap configuration and its Secret.",
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "capi"

// Manifests is what one file says, in its order.
type Manifests struct {
	Objects []Object
	Secrets []Secret
	Others  tree.Kinds // objects of other kinds
	// Cut says where and why the file was not read whole, or that there are
	// more than are kept; "" if all was read.
	Cut   string
	Notes []tree.Note
}

// An Object is a template, a machine, a pool, or a bootstrap configuration.
type Object struct {
	Line                  int // of its name
	Kind                  string
	APIVersion            string // "infrastructure.cluster.x-k8s.io/v1beta2"
	Namespace, Name       string
	Cluster               string // of Cluster API, not its name in EKS
	Template              string // that it was made from
	KubernetesVersion     string
	InstanceType, Image   string // "m5.large", "ami-..."
	AMIType               string // "AL2023_x86_64_STANDARD", "CUSTOM"
	InstanceProfile       string // or the role of a node group
	NodeGroup             string // its name in EKS
	SecurityGroups        []string
	LaunchTemplate        string // "lt-...", or its name
	LaunchTemplateVersion string
	Metadata              ec2.MetadataOptions // instanceMetadataOptions, metadataOptions

	Instances       []string // IDs of the instances that it has, or is
	Nodes           []string // names of their nodes
	BootstrapSecret string   // name of the Secret with its user data
	Bootstrap       string   // "EKSConfigTemplate/blue": where that comes from
	Infrastructure  string   // "AWSMachineTemplate/blue"

	// Settings are those of a bootstrap configuration that say how the node
	// is set up; flags of the kubelet are "kubelet.NAME".
	Settings []userdata.Setting
}

// A Secret holds user data.
type Secret struct {
	Line            int
	Namespace, Name string
	Data            *userdata.Data
	DataLine        int
}

// Limits of what is kept.
const (
	maxObjects = 20_000
	maxList    = 1000 // instances of a pool
	maxText    = 500
)

// kinds are those that are read. For each, where its settings lie.
var kinds = map[string]func(o *Object, v *tree.Value){
	"AWSMachineTemplate":    func(o *Object, v *tree.Value) { o.machine(v.Get("spec", "template", "spec")) },
	"AWSMachine":            func(o *Object, v *tree.Value) { o.machine(v.Get("spec")) },
	"AWSManagedMachinePool": (*Object).pool,
	"AWSMachinePool":        (*Object).pool,
	"Machine":               func(o *Object, v *tree.Value) { o.ask(v.Get("spec")) },
	"MachinePool":           func(o *Object, v *tree.Value) { o.ask(v.Get("spec", "template", "spec")) },
	"MachineDeployment":     func(o *Object, v *tree.Value) { o.ask(v.Get("spec", "template", "spec")) },
	"EKSConfig":             func(o *Object, v *tree.Value) { o.eksConfig(v.Get("spec")) },
	"EKSConfigTemplate":     func(o *Object, v *tree.Value) { o.eksConfig(v.Get("spec", "template", "spec")) },
	"NodeadmConfig":         func(o *Object, v *tree.Value) { o.eksConfig(v.Get("spec")) },
	"NodeadmConfigTemplate": func(o *Object, v *tree.Value) { o.eksConfig(v.Get("spec", "template", "spec")) },
	"KubeadmConfig":         func(o *Object, v *tree.Value) { o.kubeadm(v.Get("spec")) },
	"KubeadmConfigTemplate": func(o *Object, v *tree.Value) { o.kubeadm(v.Get("spec", "template", "spec")) },
}

// Parse reads a file.
func Parse(file string, text []byte) (*Manifests, error) {
	out := &Manifests{}
	damage := tree.Objects(text, func(v *tree.Value) bool {
		if v.Kind == tree.Map {
			out.object(v)
		}
		return true
	})
	if len(out.Objects)+len(out.Secrets) == 0 {
		return nil, damage.Fail(name, file, "nothing of Cluster API that says how nodes are made")
	}
	out.Cut = cmp.Or(damage.Cut(), out.Cut)
	for _, d := range damage {
		out.Notes = append(out.Notes, tree.Note{Line: d.Line, Text: short(d.Err.Error())})
	}
	return out, nil
}

// object keeps an object by its kind.
func (out *Manifests) object(v *tree.Value) {
	kind := v.String("kind")
	read := kinds[kind]
	switch {
	case len(out.Objects)+len(out.Secrets) == maxObjects:
		out.Cut = fmt.Sprintf("more than %d objects", maxObjects)
	case kind == "Secret":
		out.secret(v)
	case read != nil && isClusterAPI(v.String("apiVersion")):
		o := head(v)
		read(&o, v)
		out.Objects = append(out.Objects, o)
	default:
		out.Others.Add(short(kind))
	}
}

func isClusterAPI(version string) bool {
	group, _, _ := strings.Cut(version, "/")
	return group == "cluster.x-k8s.io" || strings.HasSuffix(group, ".cluster.x-k8s.io")
}

// secret reads the Secret of a bootstrap, whose key is "value".
//
//	kind: Secret
//	data:
//	  value: IyEvYmluL2Jhc2ggLXhlCi9ldGMvZWtzL2Jvb3RzdHJhcC5zaCBkZWZhdWx0X2...
func (out *Manifests) secret(v *tree.Value) {
	s := Secret{Line: v.Line, Namespace: get(v, "metadata", "namespace"), Name: get(v, "metadata", "name")}
	if n := v.Get("metadata", "name"); n != nil {
		s.Line = n.Line
	}
	if value := v.Get("data", "value"); value != nil {
		s.Data, s.DataLine = userdata.Encoded(value.Text), value.Line
	} else if value := v.Get("stringData", "value"); value != nil {
		s.Data, s.DataLine = userdata.Plain(value.Text), value.Line
	}
	if s.Data == nil {
		out.Others.Add("Secret")
		return
	}
	out.Secrets = append(out.Secrets, s)
}

func head(v *tree.Value) Object {
	meta := v.Get("metadata")
	o := Object{
		Line: v.Line, Kind: get(v, "kind"), APIVersion: get(v, "apiVersion"),
		Namespace: get(meta, "namespace"), Name: get(meta, "name"),
		Cluster:  get(meta, "labels", "cluster.x-k8s.io/cluster-name"),
		Template: get(meta, "annotations", "cluster.x-k8s.io/cloned-from-name"),
	}
	if n := meta.Get("name"); n != nil {
		o.Line = n.Line
	}
	if c := get(v, "spec", "clusterName"); c != "" {
		o.Cluster = c
	}
	o.provider(v.Get("spec", "providerID"))
	o.nodes(v.Get("status"))
	return o
}

// nodes takes the references to nodes of a machine or a pool.
func (o *Object) nodes(status *tree.Value) {
	if name := get(status, "nodeRef", "name"); name != "" {
		o.Nodes = append(o.Nodes, name)
	}
	for _, ref := range items(status.Get("nodeRefs")) {
		o.Nodes = append(o.Nodes, get(ref, "name"))
	}
}

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,32}$`)

// provider takes the instance of a provider ID: "aws:///us-west-2a/i-07c3d9ab1e4f301ef".
func (o *Object) provider(v *tree.Value) {
	if v != nil {
		o.instance(v.Text[strings.LastIndexByte(v.Text, '/')+1:])
	}
}

func (o *Object) instance(id string) {
	if instanceID.MatchString(id) && len(o.Instances) < maxList && !slices.Contains(o.Instances[:min(len(o.Instances), 10)], id) {
		o.Instances = append(o.Instances, id)
	}
}

// machine reads the settings of a machine, or of a template of machines.
//
//	instanceMetadataOptions:
//	  httpEndpoint: enabled
//	  httpPutResponseHopLimit: 1
//	  httpTokens: optional
func (o *Object) machine(spec *tree.Value) {
	o.launch(spec)
	o.instance(get(spec, "instanceID"))
}

// pool reads the settings of a pool; those of its launch template come first.
func (o *Object) pool(v *tree.Value) {
	spec, status := v.Get("spec"), v.Get("status")
	o.launch(spec.Get("awsLaunchTemplate"))
	o.launch(spec)
	o.NodeGroup, o.AMIType = get(spec, "eksNodegroupName"), get(spec, "amiType")
	o.LaunchTemplate = first(get(status, "launchTemplateID"), get(spec, "awsLaunchTemplate", "name"))
	o.LaunchTemplateVersion = first(get(status, "launchTemplateVersion"), get(spec, "awsLaunchTemplate", "versionNumber"))
	for _, id := range items(spec.Get("providerIDList")) {
		o.provider(id)
	}
	for _, i := range items(status.Get("instances")) {
		o.instance(get(i, "instanceID"))
	}
}

// launch takes what machines, pools and launch templates have in common.
func (o *Object) launch(spec *tree.Value) {
	if spec == nil {
		return
	}
	o.InstanceType = first(o.InstanceType, get(spec, "instanceType"))
	o.Image = first(o.Image, get(spec, "ami", "id"))
	o.InstanceProfile = first(o.InstanceProfile, get(spec, "iamInstanceProfile"), get(spec, "roleName"))
	for _, key := range []string{"instanceMetadataOptions", "metadataOptions"} {
		if m := spec.Get(key); m != nil && o.Metadata.Line == 0 {
			o.Metadata = ec2.OptionsOf(m)
		}
	}
	for _, g := range items(spec.Get("additionalSecurityGroups")) {
		if id := get(g, "id"); id != "" && len(o.SecurityGroups) < 64 {
			o.SecurityGroups = append(o.SecurityGroups, id)
		}
	}
}

// ask reads what a Machine asks of its providers.
//
//	bootstrap:
//	  dataSecretName: "eks-bootstrap"
//	infrastructureRef:
//	  kind: AWSManagedMachinePool
func (o *Object) ask(spec *tree.Value) {
	o.KubernetesVersion = get(spec, "version")
	o.Cluster = first(o.Cluster, get(spec, "clusterName"))
	o.BootstrapSecret = get(spec, "bootstrap", "dataSecretName")
	o.Bootstrap = reference(spec.Get("bootstrap", "configRef"))
	o.Infrastructure = reference(spec.Get("infrastructureRef"))
}

func reference(v *tree.Value) string {
	if v == nil {
		return ""
	}
	return get(v, "kind") + "/" + get(v, "name")
}

// eksKeys are the settings of an EKSConfig that are kept.
var eksKeys = []string{
	"useMaxPods", "containerRuntime", "dnsClusterIP", "serviceIPV6Cidr", "apiRetryAttempts",
}

// eksConfig reads the arguments of bootstrap.sh, or the settings of nodeadm.
//
//	kubeletExtraArgs:
//	  node-labels: team=blue
//	useMaxPods: false
func (o *Object) eksConfig(spec *tree.Value) {
	o.kubeletArgs(spec.Get("kubeletExtraArgs"))
	for _, f := range items(spec.Get("kubelet", "flags")) {
		name, value, _ := strings.Cut(strings.TrimLeft(f.Text, "-"), "=")
		o.Settings = append(o.Settings, userdata.Flag("kubelet.", name, value))
	}
	for _, key := range eksKeys {
		if value := get(spec, key); value != "" {
			o.Settings = append(o.Settings, userdata.Setting{Key: key, Value: value})
		}
	}
}

func (o *Object) kubeadm(spec *tree.Value) {
	for _, config := range []string{"joinConfiguration", "initConfiguration"} {
		o.kubeletArgs(spec.Get(config, "nodeRegistration", "kubeletExtraArgs"))
	}
}

// kubeletArgs reads flags: a map, or since v1beta2 a list of names and values.
func (o *Object) kubeletArgs(v *tree.Value) {
	if v == nil {
		return
	}
	for i, item := range items(v) {
		name, value := get(item, "name"), get(item, "value")
		if v.Kind == tree.Map {
			name, value = v.Keys[i], item.Text
		}
		if len(o.Settings) < 100 {
			o.Settings = append(o.Settings, userdata.Flag("kubelet.", name, value))
		}
	}
}

// items are the first values of a list or a map.
func items(v *tree.Value) []*tree.Value {
	if v == nil {
		return nil
	}
	return v.Items[:min(len(v.Items), maxList)]
}

func get(v *tree.Value, path ...string) string { return short(v.String(path...)) }

func short(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "?")
	}
	return s
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

var (
	jsonStart  = regexp.MustCompile(`^(?:\[|\{"(?:kind":"List","apiVersion":"v1|apiVersion":"v1","kind":"List|apiVersion":"v1)","items":\[)?\{(?:"kind":"\w+",)?"apiVersion":"(?:[\w-]+\.)*cluster\.x-k8s\.io/`)
	jsonSecret = regexp.MustCompile(`^\{(?:"apiVersion":"v1","items":\[\{)?"apiVersion":"v1","data":\{(?:"format":"[^"]*",)?"value":"`)
	yamlStart  = regexp.MustCompile(`(?m)^(?:- )?(?:kind: *\w+\s*\n(?:  )?)?apiVersion: *["']?(?:[\w-]+\.)*cluster\.x-k8s\.io/`)
	yamlSecret = regexp.MustCompile(`(?m)^(?:- )?apiVersion: v1\s*\n *data:\s*\n(?: *format: .*\n)? *value: `)
	yamlKind   = regexp.MustCompile(`(?m)^kind: Secret\s*$`)
	yamlValue  = regexp.MustCompile(`(?m)^  value: `)
)

// sniff accepts an object of Cluster API among the first, and a Secret that has
// a key "value".
func sniff(head []byte) bool {
	body := tree.Body(head)
	if len(body) == 0 {
		return false
	}
	if body[0] == '{' || body[0] == '[' {
		body = bytes.Join(bytes.Fields(body), nil)
		return jsonStart.Match(body) || jsonSecret.Match(body)
	}
	return yamlStart.Match(body) || yamlSecret.Match(body) || yamlKind.Match(body) && yamlValue.Match(body)
}
