package analyze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/analyze/zone"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// findZone looks for the time zone of the node.
func (w *writer) findZone() zone.Zone {
	_, named, _ := bundle.Info(w.c.BundleName)
	return zone.Find(&zone.Bundle{
		Files: filesByPath(w.c.Files), Facts: index.ByPath(w.c.Facts), Lines: w.lines, Collected: named,
	})
}

// zoneReadings are the zone for the card, with others that lines tell.
func (w *writer) zoneReadings() []node.Reading {
	z := &w.zone
	if z.Proof == nil {
		return nil
	}
	all := []node.Reading{zoneReading(z.Proof, z.Proof.How)}
	if z.Before != nil {
		all = append(all, zoneReading(z.Before, "until "+rfc3339(z.Before.At)+" or later"))
	}
	for i := range z.Against {
		all = append(all, zoneReading(&z.Against[i], z.Against[i].How))
	}
	return all
}

func zoneReading(p *zone.Proof, note string) node.Reading {
	return node.Reading{Value: timeline.ZoneName(p.Offset), File: p.Pos.File, Line: p.Pos.Line, Note: note}
}

// zoneDoubts say which times may be off, and by how much.
func (w *writer) zoneDoubts() (all []string) {
	z := &w.zone
	if b := z.Before; b != nil {
		all = append(all, fmt.Sprintf("the time zone of the node was %s at %s (%s) and %s from %s (%s): cannot tell to better than %s when lines without a zone before that were written",
			timeline.ZoneName(b.Offset), rfc3339(b.At), b.Pos, timeline.ZoneName(z.Proof.Offset), rfc3339(z.After.At), z.After.Pos, hours(z.Proof.Offset-b.Offset)))
	}
	if len(z.Against) == 0 {
		return all
	}
	told := slices.Clone(z.Against)
	if z.Proof != nil {
		told = append([]zone.Proof{*z.Proof}, told...)
	}
	least, most := told[0].Offset, told[0].Offset
	var words []string
	for _, p := range told {
		least, most = min(least, p.Offset), max(most, p.Offset)
		words = append(words, timeline.ZoneName(p.Offset)+" by "+p.Pos.String())
	}
	taken := "UTC"
	if z.Proof != nil {
		taken = timeline.ZoneName(z.Proof.Offset)
	}
	return append(all, fmt.Sprintf("the time zone of the node is %s: cannot tell to better than %s when lines without a zone%s were written; it was taken for %s",
		strings.Join(words, " and "), hours(most-least), w.zoneless(), taken))
}

// hours writes how far two zones are apart: "9 hours", "30 minutes".
func hours(d time.Duration) string {
	switch d = d.Abs(); {
	case d == time.Hour:
		return "1 hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%d:%02d hours", d/time.Hour, d%time.Hour/time.Minute)
}

// zoneless says of which files the times have no zone.
func (w *writer) zoneless() string {
	var names []string
	for _, f := range filesByPath(w.c.Files) {
		if k := f.Last.Kind; k == parsers.NoYear || k == parsers.Local {
			names = append(names, f.Path)
		}
	}
	if n := len(names); n > maxNamed {
		names = append(names[:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
	}
	if len(names) == 0 {
		return ""
	}
	return " of " + strings.Join(names, ", ")
}
