// Package cnienv reads how the containers of the VPC CNI were started: their
// environment, from ctr or docker.
package cnienv

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the output of ctr container info or docker inspect.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Environment of the aws-node containers, from ctr container info or docker inspect.",
	Files:  []string{"cni/cni-configuration-variables-containerd.json", "cni/cni-configuration-variables-dockerd.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "cnienv"

// maxContainers bounds what is kept of a file.
const maxContainers = 1000

// Containers is a file: all containers that the runtime still knew, stopped
// ones too.
type Containers struct {
	Containers []Container
	Notes      []tree.Note // text between the documents: errors of the command
}

// A Container is one of them.
type Container struct {
	Line    int // where its document starts
	ID      string
	Image   string
	Name    string // of the container in its pod
	Created string // RFC 3339, UTC

	// The pod, and the container that is its sandbox; "" where it is not said.
	Pod, Namespace, UID, Sandbox string

	Env []Var
}

// A Var is an environment variable.
type Var struct {
	Name, Value string
	Line        int
}

// Latest returns the container that was created last, nil when there is none.
func (c *Containers) Latest() *Container {
	var last *Container
	for i := range c.Containers {
		if last == nil || c.Containers[i].Created >= last.Created {
			last = &c.Containers[i]
		}
	}
	return last
}

// Get returns a variable.
func (c *Container) Get(name string) (Var, bool) {
	for _, v := range c.Env {
		if v.Name == name {
			return v, true
		}
	}
	return Var{}, false
}

// Parse reads the file: a document for each container, one after the other,
// with no separator, and the messages of commands that failed.
//
//	{
//	    "ID": "616e5e11a02e71af1fa061a72c75064ac3eca53f7eacdfdb6cf1b085cfb2af67",
//	    "Spec": {
//	        "process": {
//	            "env": [
//	                "WARM_ENI_TARGET=1",
//
//	ctr: container id must be provided: invalid argument
//
// Written by get_cni_configuration_variables of eks-log-collector.sh (0.7.9).
func Parse(file string, text []byte) (*Containers, error) {
	out := &Containers{}
	docs, notes, _ := tree.Documents(text) // the rest of a damaged one is in the notes
	for _, v := range docs {
		out.add(v)
	}
	out.Notes = notes
	if len(out.Containers) == 0 {
		return nil, fail(file, out.Notes)
	}
	return out, nil
}

// fail tells why there are no containers: by the message in their place.
func fail(file string, notes []tree.Note) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no containers")}
	if len(notes) > 0 {
		e.Pos.Line, e.Err = notes[0].Line, errors.New("no containers: "+notes[0].Text[:min(len(notes[0].Text), 200)])
	}
	return e
}

// add reads a document: one container of ctr, or a list of docker.
func (c *Containers) add(v *tree.Value) {
	switch {
	case len(c.Containers) == maxContainers:
	case v.Kind == tree.List:
		for _, item := range v.Items {
			if item.Kind == tree.Map {
				c.add(item)
			}
		}
	case v.Get("Spec", "process") != nil:
		x := Container{Line: v.Line, ID: v.String("ID"), Image: v.String("Image"), Created: v.String("CreatedAt"), Env: env(v.Get("Spec", "process", "env"))}
		x.labels(v.Get("Labels"))
		x.Sandbox = v.String("Spec", "annotations", "io.kubernetes.cri.sandbox-id")
		c.Containers = append(c.Containers, x)
	case v.Get("Config", "Env") != nil:
		x := Container{Line: v.Line, ID: v.String("Id"), Image: v.String("Config", "Image"), Created: v.String("Created"), Env: env(v.Get("Config", "Env"))}
		x.labels(v.Get("Config", "Labels"))
		x.Sandbox = v.String("Config", "Labels", "io.kubernetes.sandbox.id")
		c.Containers = append(c.Containers, x)
	}
}

// labels are what kubelet has every runtime keep of a container.
func (c *Container) labels(v *tree.Value) {
	c.Name = v.String("io.kubernetes.container.name")
	c.Pod = v.String("io.kubernetes.pod.name")
	c.Namespace = v.String("io.kubernetes.pod.namespace")
	c.UID = v.String("io.kubernetes.pod.uid")
}

// env reads a list of "NAME=value".
func env(v *tree.Value) []Var {
	var out []Var
	if v == nil {
		return nil
	}
	for _, item := range v.Items {
		if name, value, ok := strings.Cut(item.Text, "="); ok {
			out = append(out, Var{name, value, item.Line})
		}
	}
	return out
}
