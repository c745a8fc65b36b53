// Package svclist reads the services that a node sees: the table of kubectl get
// svc.
package svclist

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/columns"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of kubectl get svc.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Services of the cluster, kubectl get svc.",
	Files:  []string{"kubelet/svc.log"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "svclist"

// maxServices bounds what is kept of a file.
const maxServices = 50_000

// Services is a file. The collector asks for the default namespace only, where
// the service "kubernetes" is the API server.
type Services struct {
	Services []Service
	Notes    rows.Notes // rows that could not be read, messages of kubectl
	Unread   int        // how many there are
}

// A Service is a row.
type Service struct {
	Line       int
	Namespace  string // "" without that column
	Name, Type string // "kubernetes", "ClusterIP"; old kubectl has no types
	ClusterIP  string // "172.20.0.1", "None"
	ExternalIP string // "" for <none>; "<pending>"
	Ports      []Port
	Age        string // "5d3h"
}

// A Port is a port of a service.
type Port struct {
	Port, NodePort int // NodePort is 0 where there is none
	Protocol       string
}

// Get returns the first service of a name.
func (s *Services) Get(name string) (Service, bool) {
	for _, x := range s.Services {
		if x.Name == name {
			return x, true
		}
	}
	return Service{}, false
}

// Parse reads the table. With options of kubectl it has more columns.
//
//	NAME         TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
//	kubernetes   ClusterIP   172.20.0.1   <none>        443/TCP   5d3h
//
// Written by get_k8s_info of eks-log-collector.sh where it finds a kubeconfig.
func Parse(file string, text []byte) (*Services, error) {
	p := parser{out: &Services{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimRight(line, " \r"))
	}
	if len(p.out.Services) == 0 && len(p.head.Names) == 0 {
		e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no table of services")}
		if len(p.out.Notes) > 0 {
			e.Pos.Line, e.Err = p.out.Notes[0].Line, errors.New("no table of services: "+p.out.Notes[0].Text)
		}
		return nil, e
	}
	return p.out, nil
}

type parser struct {
	out  *Services
	head columns.Head
	num  int
}

func (p *parser) line(s string) {
	if s == "" {
		return
	}
	if heading(s) {
		p.head = columns.ParseHead(s, 1)
		return
	}
	cells, ok := p.head.Cells(s)
	if !ok || len(p.out.Services) == maxServices {
		p.out.Unread++
		p.out.Notes.Add(p.num, s)
		return
	}
	p.out.Services = append(p.out.Services, p.row(cells))
}

func (p *parser) row(cells []string) Service {
	s := Service{Line: p.num}
	for i, name := range p.head.Names {
		switch cell := cells[i]; name {
		case "NAMESPACE":
			s.Namespace = cell
		case "NAME":
			s.Name = strings.TrimPrefix(strings.TrimPrefix(cell, "service/"), "svc/")
		case "TYPE":
			s.Type = cell
		case "CLUSTER-IP":
			s.ClusterIP = cell
		case "EXTERNAL-IP":
			s.ExternalIP = strings.TrimSuffix(cell, "<none>")
		case "PORT(S)":
			s.Ports = ports(cell)
		case "AGE":
			s.Age = cell
		}
	}
	return s
}

// maxPorts bounds the ports of a service.
const maxPorts = 1000

// ports reads "80:30080/TCP,443/TCP"; "<none>" has none.
func ports(s string) []Port {
	var out []Port
	for part := range strings.SplitSeq(s, ",") {
		number, protocol, ok := strings.Cut(part, "/")
		first, node, _ := strings.Cut(number, ":")
		n, err := strconv.ParseUint(first, 10, 16)
		if !ok || err != nil || len(out) == maxPorts {
			continue
		}
		p := Port{Port: int(n), Protocol: protocol}
		if n, err := strconv.ParseUint(node, 10, 16); err == nil {
			p.NodePort = int(n)
		}
		out = append(out, p)
	}
	return out
}

func heading(s string) bool {
	return (strings.HasPrefix(s, "NAME ") || strings.HasPrefix(s, "NAMESPACE ")) && strings.Contains(s, " CLUSTER-IP ")
}

func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return heading(string(first))
}
