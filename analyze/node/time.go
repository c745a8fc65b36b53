package node

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/journalboots"
	"github.com/eksleuth/eksleuth/parsers/lastreboot"
	"github.com/eksleuth/eksleuth/parsers/scriptparams"
)

// ZoneAttribute is the name of what the clock on the wall of the node is ahead
// of UTC. A stored report is read by it.
const ZoneAttribute = "time.zone"

// timeAttributes are when, and by what the bundle was made.
var timeAttributes = []attribute{
	{name: "time.collected", group: "time", title: "collected", from: []source{
		func(r *reader) []Reading { return []Reading{r.Collected} },
	}},
	{name: "time.booted", group: "time", title: "booted", from: []source{
		func(r *reader) []Reading { return []Reading{r.Booted} },
	}},
	{name: ZoneAttribute, group: "time", title: "time zone", from: []source{
		func(r *reader) []Reading { return r.Zone },
	}, optional: true},
	{name: "time.uptime", group: "time", title: "up for", from: []source{uptime}},
	{name: "time.boots", group: "time", title: "boots", from: []source{
		from(func(f fact[journalboots.Boots]) []Reading {
			return boots(len(f.value.Boots), func(i int) int { return f.value.Boots[i].Line }, "that the journal remembers")
		}),
		from(func(f fact[lastreboot.History]) []Reading {
			return boots(len(f.value.Boots), func(i int) int { return f.value.Boots[i].Line }, "since "+f.value.Since.Format(time.DateOnly))
		}),
	}},
	{name: "bundle.options", group: "time", title: "options", from: []source{options}, optional: true},
	{name: "bundle.collector", group: "time", title: "collector", from: []source{
		bundleName(func(_ string, _ time.Time, version string) string { return version }),
	}},
}

// boots is how many there were, with the line of the first that is listed.
func boots(n int, line func(int) int, note string) []Reading {
	if n == 0 {
		return nil
	}
	return []Reading{{Value: count(n), Line: line(0), Note: note}}
}

// options are those that the collector was called with.
func options(r *reader) (all []Reading) {
	for _, f := range facts[scriptparams.Params](r) {
		var words []string
		line := 0
		for _, p := range f.value.All {
			if q, _ := f.value.Get(p.Name); q.Line == p.Line { // the last of its name
				words = append(words, p.Name+"="+p.Value)
				line = cmp.Or(line, p.Line)
			}
		}
		all = append(all, Reading{Value: strings.Join(words, ", "), File: f.path, Line: line})
	}
	return all
}

func uptime(r *reader) []Reading {
	collected, err := time.Parse(time.RFC3339, r.Collected.Value)
	booted, err2 := time.Parse(time.RFC3339, r.Booted.Value)
	if err := cmp.Or(err, err2); err != nil || collected.Before(booted) {
		return nil
	}
	return []Reading{{Value: days(collected.Sub(booted)), Note: "from boot to collection"}}
}

// days writes a time as "3d 2h", "2h 5m" or "4m".
func days(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h >= 24:
		return strconv.Itoa(h/24) + "d " + strconv.Itoa(h%24) + "h"
	case h > 0:
		return strconv.Itoa(h) + "h " + strconv.Itoa(m) + "m"
	}
	return strconv.Itoa(m) + "m"
}
