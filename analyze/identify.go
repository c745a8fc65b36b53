package analyze

import (
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// CaseID names the case of a bundle by its node, its time and a content key.
func (e *Engine) CaseID(c *index.Case, key string) string {
	id, _, _ := bundle.Info(c.BundleName)
	if id == "" {
		id = nodeName(c)
	}
	return index.CaseID(id, collectedAt(c), key)
}

// collectedAt is when the bundle was made: the time in its name; else that of
// the latest line that says its instant; else that of the latest file. Zero
// when there is none of these.
func collectedAt(c *index.Case) time.Time {
	if _, at, _ := bundle.Info(c.BundleName); !at.IsZero() {
		return at
	}
	var last int64
	for _, f := range c.Files {
		if f.Last.Kind == parsers.Zoned {
			last = max(last, f.Last.Nano)
		}
	}
	if last > 0 {
		return time.Unix(0, last).UTC()
	}
	return c.Newest
}

// identify says which node the case is about and sets the clock.
func (w *writer) identify() {
	id, _, version := bundle.Info(w.c.BundleName)
	w.clock.Collected = collectedAt(w.c)
	w.report.Case = CaseInfo{
		ID: w.req.CaseID, Bundle: w.c.BundleName, SHA256: w.c.SHA256,
		InstanceID: id, CollectorVersion: version, CollectedAt: rfc3339(w.clock.Collected),
	}
}

func nodeName(c *index.Case) string { return "" }
