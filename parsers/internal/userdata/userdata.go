// Package userdata tells what the user data of an instance is, and what it says
// to the programs that make a node of the instance. Nothing else of it is kept:
// such scripts hold passwords and tokens.
package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// A Kind is what user data, or a part of it, is.
type Kind string

// The kinds.
const (
	Shell        Kind = "shell"
	CloudConfig  Kind = "cloud-config"
	NodeConfig   Kind = "nodeconfig"   // of nodeadm
	Bottlerocket Kind = "bottlerocket" // settings, in TOML
	PowerShell   Kind = "powershell"
	MIME         Kind = "mime" // with parts
	Gzip         Kind = "gzip" // around another kind
	Unknown      Kind = "unknown"
)

// Data is what is known of user data.
type Data struct {
	Bytes int    // decoded, packed as it is
	Kinds []Kind // outermost first; of several parts in their order

	// Bootstrap is the call of /etc/eks/bootstrap.sh, nil without one.
	Bootstrap *Bootstrap
	// Settings are those of NodeConfig documents, as "cluster.name", and of
	// Bottlerocket, as "kubernetes.cluster-name". The value is "" where it
	// is not kept.
	Settings []Setting

	Err string // why a part could not be read; "" for none
}

// A Bootstrap is a call of bootstrap.sh.
type Bootstrap struct {
	Cluster string // its first argument
	// Args are the flags without dashes, those in kubelet-extra-args as
	// "kubelet-extra-args.node-labels". A value that can be a secret is "".
	Args []Setting
}

// A Setting is a key with its value.
type Setting struct{ Key, Value string }

// Limits of what is looked at and kept.
const (
	maxBytes    = 1 << 20 // EC2 allows 16 KiB, a Kubernetes Secret 1 MiB
	maxParts    = 20
	maxNesting  = 3
	maxSettings = 200
	maxValue    = 400
)

// Encoded reads base64, as the APIs give it.
func Encoded(s string) *Data {
	d := &Data{}
	if len(s) > maxBytes*4/3+4 {
		return d.fail("it is larger than 1 MiB")
	}
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return d.fail("it is not base64")
	}
	d.Bytes = len(text)
	d.part(text, 0)
	return d
}

// Plain reads user data that is not encoded.
func Plain(s string) *Data {
	d := &Data{Bytes: len(s)}
	if len(s) > maxBytes {
		return d.fail("it is larger than 1 MiB")
	}
	d.part([]byte(s), 0)
	return d
}

func (d *Data) fail(why string) *Data {
	if d.Err == "" {
		d.Err = why
	}
	return d
}

// part reads the whole or a part of it.
func (d *Data) part(text []byte, depth int) {
	if len(d.Kinds) >= maxParts || depth > maxNesting {
		d.fail("it has too many parts")
		return
	}
	kind := kindOf(text)
	d.Kinds = append(d.Kinds, kind)
	switch kind {
	case Gzip:
		d.gunzip(text, depth)
	case MIME:
		d.mime(text, depth)
	case NodeConfig:
		d.nodeConfig(text)
	case Bottlerocket:
		d.bottlerocket(string(text))
	case Shell, CloudConfig:
		d.bootstrap(string(text))
	}
}

var (
	mimeStart  = regexp.MustCompile(`(?i)^\s*(mime-version|content-type):`)
	nodeStart  = regexp.MustCompile(`(?m)^apiVersion:\s*["']?node\.eks\.aws/`)
	tomlStart  = regexp.MustCompile(`(?m)^\s*\[+"?settings\b`)
	cloudStart = regexp.MustCompile(`^\s*(## template: ?jinja\s*\n\s*)?#cloud-config`)
	psStart    = regexp.MustCompile(`(?i)^\s*<(powershell|script)>`)
)

func kindOf(text []byte) Kind {
	head := text[:min(len(text), 4096)]
	switch {
	case bytes.HasPrefix(text, []byte("\x1f\x8b")):
		return Gzip
	case mimeStart.Match(head):
		return MIME
	case cloudStart.Match(head):
		return CloudConfig
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("#!")):
		return Shell
	case nodeStart.Match(head):
		return NodeConfig
	case psStart.Match(head):
		return PowerShell
	case tomlStart.Match(head):
		return Bottlerocket
	}
	return Unknown
}

func (d *Data) gunzip(text []byte, depth int) {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		d.fail("its gzip is damaged")
		return
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxBytes+1))
	if err != nil || len(plain) > maxBytes {
		d.fail("its gzip is damaged or unpacks to more than 1 MiB")
		return
	}
	d.part(plain, depth+1)
}

// mime reads a message of several parts.
//
//	MIME-Version: 1.0
//	Content-Type: multipart/mixed; boundary="//"
//
//	--//
//	Content-Type: application/node.eks.aws
func (d *Data) mime(text []byte, depth int) {
	parts, err := multiParts(bytes.TrimLeft(text, " \t\r\n"))
	for _, p := range parts {
		d.part(p, depth+1)
	}
	if err != nil {
		d.fail("its MIME parts are damaged")
	}
}

// multiParts returns the texts of the parts, those before damage too.
func multiParts(text []byte) (parts [][]byte, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	if params["boundary"] == "" {
		return nil, errors.New("no boundary")
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for range maxParts {
		p, err := r.NextPart()
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return parts, err
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return append(parts, text), err
		}
		if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") {
			plain, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
			if err != nil {
				return parts, err
			}
			text = plain
		}
		parts = append(parts, text)
	}
	return parts, nil
}

// nodeConfig reads documents of nodeadm.
//
//	apiVersion: node.eks.aws/v1alpha1
//	kind: NodeConfig
//	spec:
//	  cluster:
//	    name: my-cluster
func (d *Data) nodeConfig(text []byte) {
	damage := tree.Objects(text, func(v *tree.Value) bool {
		if v.String("kind") == "NodeConfig" {
			d.flatten("", v.Get("spec"))
		}
		return true
	})
	if len(damage) > 0 {
		d.fail("its NodeConfig is damaged")
	}
}

// safe are the settings whose values are kept, with all below them.
var safe = []string{
	"cluster.name", "cluster.apiServerEndpoint", "cluster.cidr", "cluster.id", "cluster.enableOutpost",
	"kubelet.config", "instance.localStorage", "featureGates",
}

func (d *Data) flatten(key string, v *tree.Value) {
	if v == nil || len(d.Settings) >= maxSettings {
		return
	}
	switch {
	case key == "kubelet.flags":
		for _, item := range v.Items {
			d.add(flag("kubelet.flags.", item.Text))
		}
	case v.Kind == tree.Map && len(v.Items) > 0:
		for i, item := range v.Items {
			d.flatten(strings.TrimPrefix(key+"."+v.Keys[i], "."), item)
		}
	default:
		s := Setting{Key: key}
		if isSafe(key) && !secret.MatchString(key) {
			s.Value = joined(v)
		}
		d.add(s)
	}
}

func isSafe(key string) bool {
	return slices.ContainsFunc(safe, func(p string) bool { return key == p || strings.HasPrefix(key, p+".") })
}

// joined is a scalar, or scalars of a list with commas.
func joined(v *tree.Value) string {
	if v.Kind != tree.List {
		return v.Text
	}
	var all []string
	for _, item := range v.Items[:min(len(v.Items), 20)] {
		all = append(all, item.Text)
	}
	return strings.Join(all, ",")
}

func (d *Data) add(s Setting) {
	if len(d.Settings) < maxSettings {
		d.Settings = append(d.Settings, s.short())
	}
}

func (s Setting) short() Setting {
	cut := func(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxValue)], "?") }
	return Setting{cut(s.Key), cut(s.Value)}
}

// secret matches the names of values that are not kept.
var secret = regexp.MustCompile(`(?i)secret|token|passw|credential|auth|private|b64|certificate|key\b|docker-config`)

// flag splits "--name=value" and leaves out a value that can be a secret.
func flag(prefix, s string) Setting {
	name, value, _ := strings.Cut(strings.TrimLeft(s, "-"), "=")
	if secret.MatchString(name) || !flagName.MatchString(name) {
		value = ""
	}
	return Setting{prefix + name, value}
}

var flagName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,80}$`)

// bottlerocketKeep are the settings of Bottlerocket whose values are kept.
var bottlerocketKeep = []string{
	"kubernetes.cluster-name", "kubernetes.api-server", "kubernetes.cluster-dns-ip", "kubernetes.max-pods",
	"kubernetes.cluster-domain", "kubernetes.hostname-override", "kubernetes.provider-id",
}

var tomlLine = regexp.MustCompile(`^\s*(?:\[+\s*([^\]]+?)\s*\]+|"?([\w.-]+)"?\s*=\s*(.*))\s*$`)

// bottlerocket reads the keys of settings in TOML.
//
//	[settings.kubernetes]
//	cluster-name = "my-cluster"
func (d *Data) bottlerocket(text string) {
	section := ""
	for l := range strings.Lines(text) {
		m := tomlLine.FindStringSubmatch(strings.TrimRight(l, "\r\n"))
		switch {
		case m == nil:
		case m[1] != "":
			section = strings.ReplaceAll(m[1], `"`, "")
		default:
			key := strings.TrimPrefix(section+"."+m[2], "settings.")
			s := Setting{Key: key}
			if slices.Contains(bottlerocketKeep, key) {
				s.Value = strings.Trim(strings.TrimSpace(m[3]), `"'`)
			}
			d.add(s)
		}
	}
}

// Flag is a flag of the kubelet, without its value where that can be a secret.
func Flag(prefix, name, value string) Setting {
	return flag(prefix, name+"="+value).short()
}
