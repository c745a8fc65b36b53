// Package kubeconfig reads how a node talks to the API server: kubelet's
// kubeconfig. What could be a secret is never kept.
package kubeconfig

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the output of kubectl config view, or a copy of the file.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Kubeconfig of kubelet: the API server, and how a node gets its token.",
	Files:  []string{"kubelet/kubeconfig.yaml", "kubelet/kubeconfig", "cni/*.kubeconfig", "cni/*/*.kubeconfig"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "kubeconfig"

// maxText bounds a file: a real one has a KB, or some with certificates.
const maxText = 512 << 10

// A Config is a file.
type Config struct {
	CurrentContext string
	Clusters       []Cluster
	Contexts       []Context
	Users          []User
}

// A Cluster is an API server.
type Cluster struct {
	Line       int // of the server, else of the cluster
	Name       string
	Server     string // "https://8A5C...gr7.us-west-2.eks.amazonaws.com"
	CAFile     string // certificate-authority
	CAData     bool   // the certificate stands in the file
	Insecure   bool   // insecure-skip-tls-verify
	ProxyURL   string // without user and password
	ServerName string // tls-server-name
}

// A Context joins a cluster and a user.
type Context struct {
	Line                int
	Name, Cluster, User string
}

// A User says how kubelet proves who it is.
type User struct {
	Line     int
	Name     string
	Exec     *Exec  // a command that prints a token
	CertFile string // client-certificate
	KeyFile  string // client-key
	Token    bool   // there is a token or a file of one
	Embedded bool   // certificate or key stand in the file
	Password bool
}

// An Exec is the command of a user: aws eks get-token, aws-iam-authenticator.
type Exec struct {
	Line        int // of the command
	APIVersion  string
	Command     string
	Args        []string // but not the values of options that may be secret
	Env         []string // names only
	ClusterName string   // of --cluster-name, -i, --cluster-id
	Region      string   // of --region
	Role        string   // of --role, --role-arn, -r
}

// Parse reads the file, YAML or JSON.
//
//	clusters:
//	- cluster:
//	    certificate-authority: /etc/kubernetes/pki/ca.crt
//	    server: https://8A5C2F1E6B7D4C3A9E0F1B2C3D4E5F60.gr7.us-west-2.eks.amazonaws.com
//	  name: kubernetes
//	users:
//	- name: kubelet
//	  user:
//	    exec: {command: aws, args: [eks, get-token, --cluster-name, prod, --region, us-west-2]}
//
// Written from nodeadm/internal/kubelet/kubeconfig.template.yaml of
// github.com/awslabs/amazon-eks-ami, by AL2's bootstrap.sh and by Bottlerocket.
func Parse(file string, text []byte) (*Config, error) {
	if len(text) > maxText {
		return nil, tree.Fail(name, file, errors.New("too long for a kubeconfig"))
	}
	docs, err := tree.YAML(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil && len(docs) == 0 && !errors.Is(err, io.EOF) {
		return nil, tree.Fail(name, file, err)
	}
	if len(docs) == 0 || docs[0].Get("clusters") == nil && docs[0].Get("users") == nil {
		return nil, tree.Fail(name, file, errors.New("neither clusters nor users"))
	}
	c := &Config{CurrentContext: docs[0].String("current-context")}
	for _, v := range items(docs[0].Get("clusters")) {
		c.Clusters = append(c.Clusters, cluster(v))
	}
	for _, v := range items(docs[0].Get("contexts")) {
		c.Contexts = append(c.Contexts, Context{v.Line, v.String("name"), v.String("context", "cluster"), v.String("context", "user")})
	}
	for _, v := range items(docs[0].Get("users")) {
		c.Users = append(c.Users, user(v))
	}
	return c, nil
}

// Current returns the cluster and the user of the current context; without one
// the first of each. They are nil where there is none.
func (c *Config) Current() (*Cluster, *User) {
	var want Context
	if i := slices.IndexFunc(c.Contexts, func(x Context) bool { return x.Name == c.CurrentContext }); i >= 0 {
		want = c.Contexts[i]
	} else if len(c.Contexts) > 0 {
		want = c.Contexts[0]
	}
	var cl *Cluster
	var us *User
	for i := range c.Clusters {
		if c.Clusters[i].Name == want.Cluster || len(c.Contexts) == 0 && i == 0 {
			cl = &c.Clusters[i]
		}
	}
	for i := range c.Users {
		if c.Users[i].Name == want.User || len(c.Contexts) == 0 && i == 0 {
			us = &c.Users[i]
		}
	}
	return cl, us
}

func items(v *tree.Value) []*tree.Value {
	if v == nil || v.Kind != tree.List {
		return nil
	}
	return v.Items
}

func cluster(v *tree.Value) Cluster {
	in := v.Get("cluster")
	c := Cluster{
		Line: v.Line, Name: v.String("name"), Server: withoutUser(in.String("server")), CAFile: in.String("certificate-authority"),
		CAData: in.String("certificate-authority-data") != "", Insecure: in.String("insecure-skip-tls-verify") == "true",
		ProxyURL: withoutUser(in.String("proxy-url")), ServerName: in.String("tls-server-name"),
	}
	if s := in.Get("server"); s != nil {
		c.Line = s.Line
	}
	return c
}

// withoutUser drops the user and password of a URL.
func withoutUser(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "", url
	}
	host, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if ok {
		return scheme + "://" + rest
	}
	return rest
}

func user(v *tree.Value) User {
	in := v.Get("user")
	u := User{
		Line: v.Line, Name: v.String("name"), CertFile: in.String("client-certificate"), KeyFile: in.String("client-key"),
		Token:    in.Get("token") != nil || in.Get("tokenFile") != nil,
		Embedded: in.Get("client-certificate-data") != nil || in.Get("client-key-data") != nil,
		Password: in.Get("password") != nil,
	}
	if e := in.Get("exec"); e != nil {
		u.Exec = command(e)
	}
	return u
}

func command(v *tree.Value) *Exec {
	e := &Exec{Line: v.Line, APIVersion: v.String("apiVersion"), Command: v.String("command")}
	if c := v.Get("command"); c != nil {
		e.Line = c.Line
	}
	for _, item := range items(v.Get("env")) {
		e.Env = append(e.Env, item.String("name"))
	}
	e.arguments(items(v.Get("args")))
	return e
}

// arguments reads options as "--region us-west-2" and as "--region=us-west-2".
func (e *Exec) arguments(args []*tree.Value) {
	option := ""
	for _, a := range args {
		name, value, joined := strings.Cut(a.Text, "=")
		switch {
		case strings.HasPrefix(name, "-") && joined:
			e.option(name, value)
			e.Args = append(e.Args, name+"="+hide(name, value))
			option = ""
		case strings.HasPrefix(name, "-"):
			option = name
			e.Args = append(e.Args, name)
		default:
			e.option(option, a.Text)
			e.Args = append(e.Args, hide(option, a.Text))
			option = ""
		}
	}
}

func (e *Exec) option(name, value string) {
	switch name {
	case "--cluster-name", "-i", "--cluster-id":
		e.ClusterName = value
	case "--region":
		e.Region = value
	case "--role", "--role-arn", "-r":
		e.Role = value
	}
}

// public are the options whose values are no secrets.
var public = []string{"", "--cluster-name", "-i", "--cluster-id", "--region", "--role", "--role-arn", "-r", "--output", "--session-name", "--profile"}

// hide replaces the value of an option that may be a secret, and a word that
// belongs to no option when it is too long for a command.
func hide(option, value string) string {
	const hidden, longest = "***", 64
	if !slices.Contains(public, option) || option == "" && len(value) > longest {
		return hidden
	}
	return value
}

func sniff(head []byte) bool {
	if !bytes.Contains(head, []byte("clusters:")) {
		return false
	}
	lines := bytes.Split(head, []byte("\n"))
	has := func(s string) bool {
		return slices.ContainsFunc(lines, func(l []byte) bool { return string(bytes.TrimSpace(l)) == s })
	}
	return has("apiVersion: v1") && has("clusters:") && (has("kind: Config") || has("users:"))
}
