// Package kubeletclient judges the files that kubelet cannot start without: the
// one by which it finds its API server, and its configuration.
package kubeletclient

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeconfig"
)

//go:embed check.yaml
var doc []byte

// Checks are those of kubelet's files.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.kubelet.kubeconfig":    toServer,
	"state.kubelet.config_syntax": syntax,
})

const place = "kubelet/kubeconfig.yaml"

// address is what kubelet can connect to. The image of AL2 has the word
// MASTER_ENDPOINT until bootstrap.sh puts the address there.
var address = regexp.MustCompile(`^https?://[^/\s]*[.:][^/\s]+`)

// toServer looks for a file that the bootstrap has not written, or not to its end. A
// kubelet that has registered has a better one.
//
//	server: MASTER_ENDPOINT
func toServer(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[kubeconfig.Config](p)
	if len(files) == 0 {
		return network.NoData(whole.Absent(p, place)), nil
	}
	f := files[0]
	if why := whole.Cut(p, f.Path); why != "" {
		return network.NoData(why), nil
	}
	cluster, _ := f.Value.Current()
	m, ok := lacks(f.Path, cluster)
	switch {
	case !ok:
		return network.Clear("kubelet has an address and a certificate to check it by"), nil
	case len(p.Hits("mark.kubelet.registered")) > 0:
		return network.NoData(fmt.Sprintf("kubelet has registered the node, so %s is not what it goes by", f.Path)), nil
	}
	return network.Found(m), nil
}

// lacks is the finding about a file.
func lacks(file string, c *kubeconfig.Cluster) (analyze.Match, bool) {
	m := analyze.Match{At: []parsers.Pos{{File: file, Line: 1}}}
	if c != nil {
		m.At[0].Line = c.Line
	}
	switch {
	case c == nil:
		m.Entity, m.Summary = "cluster", "kubelet's kubeconfig has no cluster"
	case c.Server == "":
		m.Entity, m.Summary = "server", "kubelet's kubeconfig has no address of an API server"
	case !address.MatchString(c.Server):
		m.Entity, m.Summary = "server", fmt.Sprintf("the API server of kubelet's kubeconfig is %q, which is no address", c.Server)
	case c.CAFile == "" && !c.CAData && !c.Insecure:
		m.Entity, m.Severity = "ca", analyze.Medium
		m.Summary = "kubelet's kubeconfig has no certificate authority: the certificate of the API server cannot be checked by it"
	default:
		return m, false
	}
	return m, true
}
