package node

import (
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
)

// settings are the variables of the VPC CNI that change how it gives addresses
// to pods; see its README.
func settings(names ...string) (all []attribute) {
	for _, name := range names {
		all = append(all, attribute{name: "cni." + name, group: "VPC CNI", title: name, optional: true, from: []source{settingOf(name)}})
	}
	return all
}

// settingOf is a variable as it is set on the newest container, else as ipamd
// tells it. There a 0 can be one that was not set.
func settingOf(name string) source {
	env := from(func(f fact[cnienv.Containers]) []Reading {
		if c := f.value.Latest(); c != nil {
			if v, ok := c.Get(name); ok {
				return one(v.Value, v.Line)
			}
		}
		return nil
	})
	told := from(func(f fact[ipamdsettings.Settings]) []Reading {
		if v, ok := f.value.Get(name); ok && !v.Null {
			return one(v.Text, v.Line)
		}
		return nil
	})
	return func(r *reader) []Reading {
		for _, read := range []source{env, told, installed(name)} {
			if all := read(r); len(all) > 0 {
				return all
			}
		}
		return nil
	}
}

// inConflist are the keys of the plugin aws-cni that aws-node writes variables
// to, when it installs the plugins of a node.
var inConflist = map[string]string{
	"AWS_VPC_ENI_MTU":                   "mtu",
	"POD_SECURITY_GROUP_ENFORCING_MODE": "podSGEnforcingMode",
}

// installed is a variable as the configuration of the plugins has it.
func installed(name string) source {
	return from(func(f fact[conflist.Network]) []Reading {
		if !conflist.Loaded(f.path) {
			return nil
		}
		for i := range f.value.Plugins {
			p := &f.value.Plugins[i]
			if s, ok := p.Get(inConflist[name]); ok && p.Type == "aws-cni" {
				return []Reading{{Value: s.Value, Line: s.Line, Note: s.Key + " of the plugin"}}
			}
		}
		return nil
	})
}

var cniSettings = settings(
	"ENABLE_PREFIX_DELEGATION", "WARM_ENI_TARGET", "WARM_IP_TARGET", "MINIMUM_IP_TARGET", "WARM_PREFIX_TARGET", "MAX_ENI",
	"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "ENI_CONFIG_LABEL_DEF", "ENABLE_SUBNET_DISCOVERY",
	"AWS_VPC_K8S_CNI_EXTERNALSNAT", "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", "AWS_VPC_K8S_CNI_RANDOMIZESNAT",
	"ENABLE_POD_ENI", "POD_SECURITY_GROUP_ENFORCING_MODE", "NETWORK_POLICY_ENFORCING_MODE",
	"ENABLE_IPv4", "ENABLE_IPv6", "AWS_VPC_ENI_MTU", "AWS_VPC_K8S_CNI_LOGLEVEL", "ADDITIONAL_ENI_TAGS",
	"DISABLE_INTROSPECTION", "DISABLE_METRICS", "IP_COOLDOWN_PERIOD", "ENABLE_MULTI_NIC",
)
