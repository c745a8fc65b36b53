// Package all lists the formats, in the order in which they are asked.
package all

import (
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cloudinit"
	"github.com/eksleuth/eksleuth/parsers/containerd"
	"github.com/eksleuth/eksleuth/parsers/cri"
	"github.com/eksleuth/eksleuth/parsers/ipamd"
	"github.com/eksleuth/eksleuth/parsers/journald"
	"github.com/eksleuth/eksleuth/parsers/kernel"
	"github.com/eksleuth/eksleuth/parsers/klog"
	"github.com/eksleuth/eksleuth/parsers/syslog"
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
	}
}
