// Package all lists the formats, in the order in which they are asked.
package all

import (
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/appinventory"
	"github.com/eksleuth/eksleuth/parsers/brsettings"
	"github.com/eksleuth/eksleuth/parsers/cloudinit"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/containerd"
	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
	"github.com/eksleuth/eksleuth/parsers/cri"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ethtool"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/imdspackets"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/ipamd"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/journalboots"
	"github.com/eksleuth/eksleuth/parsers/journald"
	"github.com/eksleuth/eksleuth/parsers/kdump"
	"github.com/eksleuth/eksleuth/parsers/kernel"
	"github.com/eksleuth/eksleuth/parsers/klog"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/logdog"
	"github.com/eksleuth/eksleuth/parsers/metrics"
	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/osrelease"
	"github.com/eksleuth/eksleuth/parsers/ping"
	"github.com/eksleuth/eksleuth/parsers/procmounts"
	"github.com/eksleuth/eksleuth/parsers/procpid"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/resolv"
	"github.com/eksleuth/eksleuth/parsers/services"
	"github.com/eksleuth/eksleuth/parsers/signpost"
	"github.com/eksleuth/eksleuth/parsers/syslog"
	"github.com/eksleuth/eksleuth/parsers/systemdanalyze"
	"github.com/eksleuth/eksleuth/parsers/top"
	"github.com/eksleuth/eksleuth/parsers/uname"
	"github.com/eksleuth/eksleuth/parsers/unit"
	"github.com/eksleuth/eksleuth/parsers/vmcore"
)

// Formats returns every format. A test compares the list with the folders.
func Formats() []*parsers.Format {
	return []*parsers.Format{
		kernel.Format,
		cri.Format,
		klog.Format,
		containerd.Format,
		ipamd.Format,
		cloudinit.Format,
		syslog.Format,
		journald.Format,
		kdump.Format,
		launchtemplate.Format,
		imdspackets.Format,

		// Snapshots.
		appinventory.Format,
		brsettings.Format,
		cnienv.Format,
		conflist.Format,
		conntrack.Format,
		containerdconfig.Format,
		ctr.Format,
		cversion.Format,
		df.Format,
		ec2.Format,
		enis.Format,
		ethtool.Format,
		ifconfig.Format,
		instance.Format,
		ipam.Format,
		ipamdsettings.Format,
		iproute2.Format,
		iptables.Format,
		journalboots.Format,
		logdog.Format,
		metrics.Format,
		netstat.Format,
		osrelease.Format,
		ping.Format,
		procmounts.Format,
		procpid.Format,
		procstat.Format,
		ps.Format,
		resolv.Format,
		services.Format,
		signpost.Format,
		systemdanalyze.Format,
		top.Format,
		uname.Format,
		unit.Format,
		vmcore.Format,
	}
}
