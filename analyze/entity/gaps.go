package entity

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// readFormats are those of the snapshots that name things.
var readFormats = []*parsers.Format{
	cnienv.Format, ctr.Format, df.Format, enis.Format, ifconfig.Format, ipam.Format, iproute2.Format, iptables.Format,
	kubeletconfig.Format, kubeobjects.Format, lsblk.Format, ps.Format, services.Format,
}

// Gaps tells which snapshots name more things than Facts could read: what is
// not in an answer can be in them.
func Gaps(facts []index.Fact, files []*index.File) []string {
	decoded := map[*index.File]bool{}
	var gaps []string
	for _, f := range facts {
		decoded[f.File] = true
		if why := incomplete(f); why != "" && named(f.File) {
			gaps = append(gaps, f.File.Path+" "+why)
		}
	}
	for _, f := range files {
		if !decoded[f] && named(f) && f.Bytes > 0 && f.Refusal == nil {
			gaps = append(gaps, fmt.Sprintf("%s is too large to be read for things (%d MB): the answer lacks what only it says", f.Path, f.Bytes>>20))
		}
	}
	return gaps
}

// named reports whether a file is one that names things.
func named(f *index.File) bool {
	return slices.ContainsFunc(readFormats, func(x *parsers.Format) bool { return x.Name == f.Format && x.Decode != nil })
}

// incomplete says why a file has more than its fact.
func incomplete(f index.Fact) string {
	if f.Err != nil {
		return "could not be read for things: the answer lacks what only it says"
	}
	cut := false
	switch v := f.Value.(type) {
	case *ipam.Checkpoint:
		cut = v.Damaged
	case *enis.Pool:
		cut = v.Damaged
	case *ctr.Containers:
		cut = v.Cut > 0
	case *ctr.Tasks:
		cut = v.Cut > 0
	case *df.Table:
		cut = v.Cut
	case *kubeobjects.Objects:
		cut = v.Cut != ""
	case *ps.Table:
		cut = v.Cut
	case *iproute2.Routes:
		cut = v.Cut
	case *ifconfig.Interfaces:
		cut = v.Cut
	case *lsblk.Tree:
		cut = v.Cut
	case *iptables.Ruleset:
		cut = v.Cut
	}
	if cut {
		return "was read in part, it is too long or damaged: the answer lacks what only the rest says"
	}
	return ""
}
