package ipamdsettings_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T) { parserstest.Run(t, ipamdsettings.Format) }

// FuzzFormat tries a text as each of the files.
func FuzzFormat(f *testing.F) {
	all := *ipamdsettings.Format
	all.Decode = func(file string, text []byte) (any, error) {
		var fact any
		var err error
		for _, file := range ipamdsettings.Format.Files {
			fact, err = ipamdsettings.Format.Decode(file, text)
		}
		if e, ok := err.(*parsers.ParseError); ok {
			e.Pos.File = file
		}
		return fact, err
	}
	parserstest.Fuzz(f, &all)
}

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "ipamd/" + file, Old: from, New: to, Want: want}
	}
	const ipamd, network = "ipamd-env-settings.json", "networkutils-env-settings.json"
	parserstest.Mutate(t, ipamdsettings.Format,
		m(ipamd, `"WARM_ENI_TARGET":1`, `"WARM_ENI_TARGET":3`, "Values[3].Text: 1 -> 3"),
		m(ipamd, `"ENABLE_SUBNET_DISCOVERY":true`, `"ENABLE_SUBNET_DISCOVERY":false`, "Values[2].Text: true -> false"),
		m(network, `"AWS_VPC_ENI_MTU":9001`, `"AWS_VPC_ENI_MTU":1500`, "Values[2].Text: 9001 -> 1500"),
		m(network, `CIDRS":null`, `CIDRS":["10.0.0.0/8","192.0.2.0/24"]`, "Values[0].Null: true -> false", "Values[0].Text:  -> 10.0.0.0/8,192.0.2.0/24"),
		m("eni-configs.json", `"default"`, `"us-west-2a"`, "Name: default -> us-west-2a"),
		m("pods.json", "10.43.168.134", "10.43.168.135", "Pods[0].IP: 10.43.168.134 -> 10.43.168.135"),
		m("pods.json", "404 page not found", "502 Bad Gateway", "Notes[1].Text: 404 page not found -> 502 Bad Gateway"),
		m("pods.json", `"DeviceNumber":0`, `"DeviceNumber":1`, "Pods[0].Device: 0 -> 1"),
	)
}
