package conflist_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, conflist.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, conflist.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "cni/10-aws.conflist", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, conflist.Format,
		m(`"cniVersion": "0.4.0"`, `"cniVersion": "1.0.0"`, "CNIVersion: 0.4.0 -> 1.0.0"),
		m(`"mtu": "9001"`, `"mtu": 1500`, "Plugins[0].Settings[1].Value: 9001 -> 1500"),
		m(`"vethPrefix": "eni"`, `"vethPrefix": "cali"`, "Plugins[0].Settings[0].Value: eni -> cali"),
		m(`"type": "aws-cni"`, `"type": "ptp"`, "Plugins[0].Type: aws-cni -> ptp"),
		m(`"disableCheck": true`, `"disableCheck": false`, "DisableCheck: true -> false"),
		m(`"type": "host-local"`, `"type": "static"`, "Plugins[1].Settings[4].Value: host-local -> static"),
	)
}

func TestGet(t *testing.T) {
	n, err := conflist.Parse("cni/10-aws.conflist", []byte(`{"name":"x","plugins":[{"type":"portmap"},{"type":"aws-cni","mtu":"9001","ipam":{"ranges":[[{"subnet":"s"}]]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := n.Plugin("aws-cni")
	if s, ok := p.Get("ipam.ranges.0.0.subnet"); !ok || s.Value != "s" {
		t.Errorf("the subnet is %+v, %v", s, ok)
	}
	if _, ok := p.Get("vethPrefix"); ok || n.Plugin("egress-cni") != nil {
		t.Error("what is not there was found")
	}
}
