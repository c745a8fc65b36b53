package ops

import (
	"context"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// An AreaRequest asks for the state of a part of a node.
type AreaRequest struct {
	Home, Case string
	Area       *area.Area
	Sections   []string // names; none means all
}

// Area tells the state of a part of the node, of the stored snapshots and the last
// report of a case. Logs are not read.
func Area(ctx context.Context, req AreaRequest) (v *area.View, err error) {
	err = withPass(ctx, req.Home, req.Case, req.Area.Formats(all.Formats(), req.Sections), func(p *analyze.Pass, r *analyze.Report) {
		v = req.Area.Read(p, r, req.Sections)
	})
	return v, err
}

// Daemons tells which daemons of the node of a case were alive.
func Daemons(ctx context.Context, home, ref string) (daemons []area.Daemon, err error) {
	formats := (&area.Area{}).Formats(all.Formats(), nil)
	err = withPass(ctx, home, ref, formats, func(p *analyze.Pass, _ *analyze.Report) { daemons = area.Daemons(p) })
	return daemons, err
}

// withPass opens a case as checks see it, with the snapshots of some formats.
func withPass(ctx context.Context, home, ref string, formats []*parsers.Format, look func(*analyze.Pass, *analyze.Report)) error {
	h, id, err := find(ctx, home, ref)
	if err != nil {
		return err
	}
	r, err := readReport(h.Dir(id))
	if err != nil {
		return &unreadable{id, err}
	}
	c, err := index.Open(h.Dir(id))
	if err != nil {
		return &unreadable{id, err}
	}
	defer c.Close()
	facts, err := c.Snapshots(ctx, formats)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &unreadable{id, err}
	}
	look(analyze.NewPass(r, c, facts), r)
	return nil
}
