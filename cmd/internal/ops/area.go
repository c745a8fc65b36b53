package ops

import (
	"context"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/index"
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
	err = withPass(ctx, req.Home, req.Case, func(p *analyze.Pass, r *analyze.Report) {
		v = req.Area.Read(p, r, req.Sections)
	})
	return v, err
}

// Daemons tells which daemons of the node of a case were alive.
func Daemons(ctx context.Context, home, ref string) (all []area.Daemon, err error) {
	err = withPass(ctx, home, ref, func(p *analyze.Pass, _ *analyze.Report) { all = area.Daemons(p) })
	return all, err
}

// withPass opens a case as checks see it.
func withPass(ctx context.Context, home, ref string, look func(*analyze.Pass, *analyze.Report)) error {
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
	facts, err := c.Snapshots(ctx, all.Formats())
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &unreadable{id, err}
	}
	look(analyze.NewPass(r, c, facts), r)
	return nil
}
