package versions

import (
	"context"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
)

// proxySkew compares kube-proxy with the kubelet beside it. In the days of an
// update they differ by a version or two.
//
//	I1121 00:01:50.054144  1 server.go:677] "Version info" version="v1.33.5-eks-113cf36"
//	I1121 00:00:35.482086  431 server.go:530] "Kubelet version" kubeletVersion="v1.28.5-eks-113cf36"
func proxySkew(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	kubelet, proxy := newest(p, "mark.node.kubelet_version"), newest(p, "mark.node.kube_proxy_version")
	switch {
	case kubelet.minor == 0:
		return network.NoData("no log tells the version of kubelet"), nil
	case proxy.minor == 0:
		return network.NoData("no log tells the version of kube-proxy"), nil
	}
	said := fmt.Sprintf("kube-proxy is 1.%d, kubelet 1.%d", proxy.minor, kubelet.minor)
	apart := max(proxy.minor-kubelet.minor, kubelet.minor-proxy.minor)
	if float64(apart) <= p.Limit("apart") {
		return network.Clear(said), nil
	}
	return network.Found(analyze.Match{
		Entities: map[string][]string{"version": {proxy.text}},
		Summary:  fmt.Sprintf("%s: %d versions apart", said, apart),
		At:       []parsers.Pos{proxy.at, kubelet.at},
	}), nil
}

// A release is the version that a program names in its log.
type release struct {
	text  string
	minor int
	at    parsers.Pos
}

// newest is the one that was named last. Logs of pods that are gone stay.
func newest(p *analyze.Pass, mark string) (r release) {
	var last time.Time
	for _, h := range p.Hits(mark) {
		if !h.At.Before(last) {
			v := h.Entities["version"]
			r, last = release{v, minor(v), h.Pos}, h.At
		}
	}
	return r
}
