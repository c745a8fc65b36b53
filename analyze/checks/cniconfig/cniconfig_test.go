package cniconfig_test

import (
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/cniconfig"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, cniconfig.Checks) }

// A release of the VPC CNI is judged beside the release of kubelet.
func TestVersion(t *testing.T) {
	i := slices.IndexFunc(cniconfig.Checks, func(c *analyze.Check) bool { return c.ID == "state.cni.version_known_bad" })
	f := func(cni, kubelet string, want analyze.Outcome, severity analyze.Severity) {
		t.Helper()
		p := analyzetest.Pass(&txtar.Archive{Files: []txtar.File{{
			Name: "cni/cni-configuration-variables-containerd.json",
			Data: []byte(`{"ID": "616e5e", "Image": "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:` + cni + `", "Spec": {"process": {"env": ["WARM_ENI_TARGET=1"]}}}`),
		}}})
		p.Check = cniconfig.Checks[i]
		p.Case.Node.Kubelet = kubelet
		v, err := p.Check.Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got := analyze.Severity("")
		if len(v.Matches) > 0 {
			got = v.Matches[0].Severity
		}
		if v.Outcome != want || got != severity {
			t.Errorf("CNI %s, kubelet %s: %s %q, want %s %q", cni, kubelet, v.Outcome, got, want, severity)
		}
	}
	f("v1.11.4-eksbuild.1", "v1.26.4-eks-0a21954", analyze.Clear, "")
	f("v1.11.4-eksbuild.1", "v1.27.4-eks-8ccc7ba", analyze.Found, "")
	f("v1.12.0", "v1.27.4-eks-8ccc7ba", analyze.Clear, "")
	f("v1.5.4", "", analyze.Found, analyze.Medium)
	f("v1.20.4-eksbuild.2", "v1.33.5", analyze.Found, analyze.Low)
	f("v1.21.1", "v1.33.5", analyze.Clear, "")
	f("master", "", analyze.NoData, "")
	f("v1.99999999999.1", "", analyze.NoData, "")
}
