// Package ipam reads the checkpoint of ipamd: which pod has which address, kept
// in a file so that a restart of ipamd loses nothing.
package ipam

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is a checkpoint. The collector copies all of /var/run/aws-node: files
// of other names, and what an interrupted ipamd left, are found by their start.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Checkpoint of ipamd: the addresses that it gave to pods.",
	Files:  []string{"ipamd/ipam.json", "ipamd/ipam.json.tmp*"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ipam"

// Migrated is the network of allocations that an old CNI took over from the
// container runtime, of which it knew no more; their interface is "unknown".
const Migrated = "_migrated-from-cri"

// A Checkpoint is a file.
type Checkpoint struct {
	Version     string // "vpc-cni-ipam/1"
	Allocations []Allocation
	Damaged     bool        // the file is cut or broken: there may be more
	Notes       []tree.Note // what stands behind the damage
}

// An Allocation is an address that a pod has.
type Allocation struct {
	Line                          int
	Network, Container, Interface string // "aws-cni", the ID of the sandbox, "eth0"
	IPv4, IPv6                    netip.Addr
	At                            time.Time // zero where it is not said
	Namespace, Pod                string
	UID                           string // of the pod, where it is said
	Interfaces                    int    // that the pod has, 0 where it is not said
}

// Migrated reports whether the allocation is older than the checkpoint.
func (a Allocation) Migrated() bool { return a.Network == Migrated }

// Parse reads the file, which is one line:
//
//	{"version":"vpc-cni-ipam/1","allocations":[{"networkName":"aws-cni","containerID":"8f3f..","ifName":"eth0",
//	 "ipv4":"10.0.7.188","allocationTimestamp":1795220323820234590,"metadata":{"k8sPodNamespace":"default",..}}]}
//
// Written by github.com/aws/amazon-vpc-cni-k8s, pkg/ipamd/datastore/data_store.go.
func Parse(file string, text []byte) (*Checkpoint, error) {
	docs, notes, err := tree.Documents(text)
	if len(docs) == 0 || docs[0].Get("allocations") == nil {
		return nil, fail(file, err)
	}
	c := &Checkpoint{Version: docs[0].String("version"), Damaged: err != nil, Notes: notes}
	for _, v := range docs[0].Get("allocations").Items {
		c.Allocations = append(c.Allocations, allocation(v))
	}
	return c, nil
}

func allocation(v *tree.Value) Allocation {
	a := Allocation{
		Line: v.Line, Network: v.String("networkName"), Container: v.String("containerID"), Interface: v.String("ifName"),
		Namespace: v.String("metadata", "k8sPodNamespace"), Pod: v.String("metadata", "k8sPodName"), UID: v.String("metadata", "k8sPodUID"),
	}
	a.IPv4, _ = netip.ParseAddr(v.String("ipv4"))
	a.IPv6, _ = netip.ParseAddr(v.String("ipv6"))
	if ns, err := strconv.ParseInt(v.String("allocationTimestamp"), 10, 64); err == nil && ns > 0 {
		a.At = time.Unix(0, ns).UTC()
	}
	a.Interfaces, _ = strconv.Atoi(v.String("metadata", "interfacesCount"))
	return a
}

func fail(file string, err error) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file, Line: 1}, Format: name, Err: errors.New("not a checkpoint of ipamd")}
	if damage, ok := errors.AsType[*tree.Error](err); ok {
		e.Pos.Line, e.Err = damage.Line, damage.Err
	}
	return e
}

func sniff(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \r\n"), []byte(`{"version":"vpc-cni-ipam/`))
}
