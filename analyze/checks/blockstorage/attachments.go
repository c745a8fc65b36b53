package blockstorage

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
)

// attachments looks at the slots that are left for volumes.
func attachments(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e := ledger.Volumes(p.Ledger())
	if !e.Known() {
		return network.NoData(e.Unknown), nil
	}
	said := fmt.Sprintf("%s take %d of the %d slots %s", e.Used.Note, e.Used.Value, e.Allowed.Value, e.Allowed.Note)
	switch {
	case e.Percent() >= p.Limit("used"):
		at := append([]parsers.Pos{e.Used.Pos()}, interfaces(p, e.Used)...)
		return found([]analyze.Match{{Summary: said, At: machine.Of(p).Cite(at)}}), nil
	case e.Unknown != "":
		return network.NoData(e.Unknown), nil
	}
	return network.Clear(said), nil
}

// interfaces is where the first one stands, if they are counted too.
func interfaces(p *analyze.Pass, used *ledger.Amount) []parsers.Pos {
	if !strings.Contains(used.Note, "interface") {
		return nil
	}
	for _, f := range network.Pools(p) {
		for _, c := range f.Value.Cards {
			for _, e := range c.ENIs {
				return []parsers.Pos{{File: f.Path, Line: e.Line}}
			}
		}
	}
	return nil
}
