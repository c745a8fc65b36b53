package processes

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// threadBomb finds processes with very many threads.
func threadBomb(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const most = 5
	for _, f := range analyze.Facts[ps.Table](p) {
		if len(f.Value.Threads) == 0 {
			continue
		}
		all := slices.Clone(f.Value.Threads)
		slices.SortStableFunc(all, func(a, b ps.Threads) int { return cmp.Compare(b.Count, a.Count) })
		var matches []analyze.Match
		for _, t := range all[:min(len(all), most)] {
			if float64(t.Count) >= p.Limit("threads") {
				matches = append(matches, bomb(f.Path, t))
			}
		}
		if len(matches) > 0 {
			return found(matches...)
		}
		if why := whole.Cut(p, f.Path); why != "" {
			return noData(why)
		}
		if f.Value.Cut {
			return noData(f.Path + " has more processes than are read")
		}
		return isClear(fmt.Sprintf("%d threads at most, of %s", all[0].Count, gates.Program(all[0].Command)))
	}
	return noData(whole.Absent(p, "system/ps-threads.txt"))
}

func bomb(file string, t ps.Threads) analyze.Match {
	name := gates.Program(t.Command)
	return analyze.Match{
		Entity:   fmt.Sprintf("%s %d", name, t.PID),
		Entities: map[string][]string{"process": {name}, "pid": {fmt.Sprint(t.PID)}},
		Summary:  fmt.Sprintf("%s (PID %d) has %d threads", name, t.PID, t.Count),
		At:       []parsers.Pos{{File: file, Line: t.Line}},
	}
}
