// Package containerd reads the logfmt lines of containerd and other programs
// that use logrus, where no journal is wrapped around them.
package containerd

import (
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
)

// Format is found by its lines alone: a bundle has containerd's log only
// through the journal, but people paste and upload it without.
var Format = &parsers.Format{
	Name:   "containerd",
	Doc:    "Log of containerd in logfmt.",
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: func(line []byte) parsers.Header { return nuls.Skip(line, header) },
}

// header reads a line of logrus' text formatter.
//
//	time="2026-11-21T00:00:32.727375850Z" level=info msg="starting containerd" revision=b98a3aace656320842a23f4a392a33f46af97866 version=v1.7.28
//	time="2019-04-27T16:58:24.800670127Z" level=info msg="apply failure, attempting cleanup" error="failed to extract layer ..."
func header(line []byte) parsers.Header {
	h := event.Logfmt(line)
	return parsers.Header{OK: h.Known(), Stamp: h.Stamp, Level: h.Level}
}

func known(line []byte) bool {
	h := event.Logfmt(line)
	return h.Level != parsers.NoLevel && h.Stamp.Kind != parsers.NoStamp
}
