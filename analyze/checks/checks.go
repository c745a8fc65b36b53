// Package checks lists the state checks.
package checks

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/apiprobe"
	"github.com/eksleuth/eksleuth/analyze/checks/blockstorage"
	"github.com/eksleuth/eksleuth/analyze/checks/boots"
	"github.com/eksleuth/eksleuth/analyze/checks/bundledamaged"
	"github.com/eksleuth/eksleuth/analyze/checks/bundleempty"
	"github.com/eksleuth/eksleuth/analyze/checks/bundlefailed"
	"github.com/eksleuth/eksleuth/analyze/checks/bundlemissing"
	"github.com/eksleuth/eksleuth/analyze/checks/cniconfig"
	"github.com/eksleuth/eksleuth/analyze/checks/conntrack"
	"github.com/eksleuth/eksleuth/analyze/checks/containerdstate"
	"github.com/eksleuth/eksleuth/analyze/checks/daemons"
	"github.com/eksleuth/eksleuth/analyze/checks/ena"
	"github.com/eksleuth/eksleuth/analyze/checks/gpu"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsblock"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsendpoint"
	"github.com/eksleuth/eksleuth/analyze/checks/imdshop"
	"github.com/eksleuth/eksleuth/analyze/checks/imdshost"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsproxy"
	"github.com/eksleuth/eksleuth/analyze/checks/imdstokens"
	"github.com/eksleuth/eksleuth/analyze/checks/inodes"
	"github.com/eksleuth/eksleuth/analyze/checks/ipamd"
	"github.com/eksleuth/eksleuth/analyze/checks/ipamdgap"
	"github.com/eksleuth/eksleuth/analyze/checks/iptables"
	"github.com/eksleuth/eksleuth/analyze/checks/journalloss"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletconfig"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletgap"
	"github.com/eksleuth/eksleuth/analyze/checks/load"
	"github.com/eksleuth/eksleuth/analyze/checks/memory"
	"github.com/eksleuth/eksleuth/analyze/checks/mounts"
	"github.com/eksleuth/eksleuth/analyze/checks/netif"
	"github.com/eksleuth/eksleuth/analyze/checks/netpolicy"
	"github.com/eksleuth/eksleuth/analyze/checks/netstat"
	"github.com/eksleuth/eksleuth/analyze/checks/nodefs"
	"github.com/eksleuth/eksleuth/analyze/checks/osstate"
	"github.com/eksleuth/eksleuth/analyze/checks/processes"
	"github.com/eksleuth/eksleuth/analyze/checks/reboot"
	"github.com/eksleuth/eksleuth/analyze/checks/resolv"
	"github.com/eksleuth/eksleuth/analyze/checks/routing"
	"github.com/eksleuth/eksleuth/analyze/checks/services"
	"github.com/eksleuth/eksleuth/analyze/checks/sysctl"
	"github.com/eksleuth/eksleuth/analyze/checks/versions"
)

// All returns every check. A test compares the list with the folders.
func All() []*analyze.Check {
	return slices.Concat([]*analyze.Check{
		imdsblock.Check,
		imdshost.Check,
		imdsendpoint.Check,
		imdshop.Check,
		imdstokens.Check,
		imdsproxy.Check,
		nodefs.Check,
		inodes.Check,
		bundledamaged.Check,
		bundleempty.Check,
		bundlefailed.Check,
		bundlemissing.Check,
		journalloss.Check,
		reboot.Check,
		ipamdgap.Check,
		kubeletgap.Check,
		netpolicy.Check,
	},
		conntrack.Checks,
		netif.Checks,
		iptables.Checks,
		routing.Checks,
		cniconfig.Checks,
		ipamd.Checks,
		ena.Checks,
		services.Checks,
		processes.Checks,
		load.Checks,
		memory.Checks,
		sysctl.Checks,
		daemons.Checks,
		netstat.Checks,
		resolv.Checks,
		apiprobe.Checks,
		kubeletconfig.Checks,
		containerdstate.Checks,
		mounts.Checks,
		versions.Checks,
		blockstorage.Checks,
		boots.Checks,
		osstate.Checks,
		gpu.Checks,
	)
}
