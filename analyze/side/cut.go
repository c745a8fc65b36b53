package side

import (
	"fmt"

	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/pcap"
)

// cut says where and why a file was not read whole; "" for one that was.
func cut(fact any) string {
	switch v := fact.(type) {
	case *ec2.Instances:
		return v.Cut
	case *launchtemplate.Templates:
		return v.Cut
	case *ekscluster.Clusters:
		return v.Cut
	case *kubeobjects.Objects:
		return v.Cut
	case *capi.Manifests:
		return v.Cut
	case *pcap.Capture:
		if v.Cut == "" && v.MoreFlows > 0 {
			return fmt.Sprintf("more than %d flows", len(v.Flows))
		}
		return v.Cut
	}
	return ""
}

// of takes back what only a file that was read whole can show: that this node
// is not among its things, or that there is one of them only.
func (c Choice[T]) of(fact any) Choice[T] {
	if cut(fact) == "" {
		return c
	}
	switch c.Match {
	case Other:
		c.Match = Part
	case Only:
		c.Match, c.Item = Several, nil
	}
	return c
}
