// Package ipamdsettings reads what ipamd of the VPC CNI says of itself: the
// settings in force, the ENIConfig of the node, and the pods that old ones list.
package ipamdsettings

import (
	"bytes"
	"errors"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the small answers of ipamd, and the notes of the collector that
// stand in their place. Each has a type of its own. Until version 0.6.1
// eks-log-collector gave the answers the extension .txt.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Settings of ipamd, as it tells them, and its small answers.",
	Files: []string{
		"ipamd/ipamd-env-settings.json", "ipamd/networkutils-env-settings.json",
		"ipamd/ipamd-env-settings.txt", "ipamd/networkutils-env-settings.txt",
		"ipamd/eni-configs.json", "ipamd/eni-configs.txt",
		"ipam[d]/pods.json", "ipam[d]/pods.txt", // as kubectl get pods may be saved too
		"ipamd/ipam_introspection_ignore.txt", "ipamd/ipam_metrics_ignore.txt",
	},
	Decode: decode,
}

const name = "ipamdsettings"

func decode(file string, text []byte) (any, error) {
	switch path.Base(file) {
	case "eni-configs.json", "eni-configs.txt":
		return ParseENIConfig(file, text)
	case "pods.json", "pods.txt":
		return ParsePods(file, text)
	case "ipam_introspection_ignore.txt", "ipam_metrics_ignore.txt":
		return ParseIgnored(file, text)
	}
	return Parse(file, text)
}

// Settings are those of ipamd-env-settings.json or networkutils-env-settings.json.
// They are what ipamd works with, after its defaults: 0 and false may mean that
// a variable is not set.
type Settings struct {
	Values []Value
	Notes  []tree.Note // what is no part of the answer
}

// A Value is a setting.
type Value struct {
	Line int
	Name string // "WARM_IP_TARGET"
	Text string // "1", "true", "eni"; of a list its items with commas between
	Null bool   // there is a setting and no value
}

// Get returns a setting.
func (s *Settings) Get(name string) (Value, bool) {
	for _, v := range s.Values {
		if v.Name == name {
			return v, true
		}
	}
	return Value{}, false
}

// Parse reads settings, all on one line. The collector appends to what an
// earlier run left; the last answer counts.
//
//	{"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG":false,"WARM_ENI_TARGET":1,"WARM_IP_TARGET":0}
//	{"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS":null,"AWS_VPC_K8S_CNI_RANDOMIZESNAT":2,"AWS_VPC_K8S_CNI_VETHPREFIX":"eni"}
//
// Written by GetConfigForDebug of github.com/aws/amazon-vpc-cni-k8s, in
// pkg/ipamd/ipamd.go and pkg/networkutils/network.go.
func Parse(file string, text []byte) (*Settings, error) {
	v, notes, err := last(file, text)
	if err != nil {
		return nil, err
	}
	s := &Settings{Notes: notes}
	for i, key := range v.Keys {
		s.Values = append(s.Values, value(key, v.Items[i]))
	}
	return s, nil
}

func value(key string, v *tree.Value) Value {
	out := Value{Line: v.Line, Name: key, Text: v.Text, Null: v.Kind == tree.Null}
	if v.Kind == tree.List {
		var items []string
		for _, item := range v.Items {
			items = append(items, item.Text)
		}
		out.Text = strings.Join(items, ",")
	}
	return out
}

// An ENIConfig says which ENIConfig object the node uses for the subnet and
// security groups of its pods; "default" without custom networking.
type ENIConfig struct {
	Line    int
	Name    string
	Defined []string    // of all that the cluster has, where CNI before 1.8 lists them
	Notes   []tree.Note // what is no part of the answer
}

// maxAnswers bounds how many answers of one file are read, one for each run of
// the collector that did not clean up, and the lines between them.
const maxAnswers = 1000

// ParseENIConfig reads eni-configs.json: a bare string, and before CNI 1.8 an
// object.
//
//	"default"
//	{"ENI":{"us-west-2a":{"securityGroups":[..],"subnet":".."}},"MyENI":"us-west-2a"}
func ParseENIConfig(file string, text []byte) (*ENIConfig, error) {
	out, notes := &ENIConfig{}, []tree.Note(nil)
	line := 1
	for range maxAnswers {
		rest := bytes.TrimLeft(text, " \t\r\n")
		line += bytes.Count(text[:len(text)-len(rest)], []byte("\n"))
		if text = rest; len(text) == 0 {
			break
		}
		foreign, _, _ := bytes.Cut(text, []byte("\n"))
		if text[0] != '"' && text[0] != '{' {
			notes = addNote(notes, line, foreign)
			text = text[len(foreign):]
			continue
		}
		v, n, err := tree.JSON(text, line)
		if err != nil {
			notes = addNote(notes, line, foreign)
			break // what follows is a part of the damaged answer
		}
		out = eniConfig(v)
		line += bytes.Count(text[:n], []byte("\n"))
		text = text[n:]
	}
	if out.Name == "" {
		return nil, fail(file, 1, errors.New("no name of an ENIConfig"))
	}
	out.Notes = notes
	return out, nil
}

func eniConfig(v *tree.Value) *ENIConfig {
	if v.Kind == tree.Scalar {
		return &ENIConfig{Line: v.Line, Name: v.Text}
	}
	c := &ENIConfig{Line: v.Line, Name: v.String("MyENI")}
	if all := v.Get("ENI"); all != nil {
		c.Defined = all.Keys
	}
	return c
}

// Pods is pods.json. CNI 1.7 and later have no such answer and tell which ones
// they have instead: that is no list of pods.
type Pods struct {
	Commands []string // "/v1/enis"
	Pods     []Pod
	Notes    []tree.Note // what is no part of the answer, and entries that are no pods
}

// A Pod is one that an old ipamd gave an address.
type Pod struct {
	Line   int
	Key    string // name, namespace and container with underscores between
	IP     string
	Device int // number of the interface on the node
}

// ParsePods reads pods.json:
//
//	{"AvailableCommands":["/v1/enis","/v1/eni-configs","/v1/networkutils-env-settings","/v1/ipamd-env-settings"]}
//	{"coredns-7bcbfc4774-rrq8x_kube-system_5ca4ef..":{"IP":"10.43.168.134","DeviceNumber":0}}
func ParsePods(file string, text []byte) (*Pods, error) {
	v, notes, err := last(file, text)
	if err != nil {
		return nil, err
	}
	p := &Pods{Notes: notes}
	if c := v.Get("AvailableCommands"); c != nil {
		for _, item := range c.Items {
			p.Commands = append(p.Commands, item.Text)
		}
		return p, nil
	}
	for i, key := range v.Keys {
		item := v.Items[i]
		if item.Get("IP") == nil {
			p.Notes = addNote(p.Notes, item.Line, []byte(key))
			continue
		}
		p.Pods = append(p.Pods, Pod{item.Line, key, item.String("IP"), integer(item.String("DeviceNumber"))})
	}
	if len(p.Pods) == 0 && len(v.Keys) > 0 {
		return nil, fail(file, v.Line, errors.New("neither pods nor commands"))
	}
	return p, nil
}

// Ignored says that the collector was told not to ask ipamd: that its answers
// are missing means nothing.
type Ignored struct {
	Line    int
	Metrics bool // else introspection: all but the metrics
}

// ParseIgnored reads ipam_introspection_ignore.txt or ipam_metrics_ignore.txt:
//
//	Ignoring IPAM introspection stats as mentioned
//	Ignoring Prometheus Metrics collection as mentioned
func ParseIgnored(file string, text []byte) (*Ignored, error) {
	num := 0
	for line := range bytes.Lines(text) {
		num++
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("Ignoring ")) {
			return &Ignored{num, strings.Contains(file, "metrics")}, nil
		}
	}
	return nil, fail(file, 1, errors.New("not a note of the collector"))
}
