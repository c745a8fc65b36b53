package network

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/ebpf"
)

// agentLog is where the agent writes what it allows and denies.
const agentLog = "var_log/aws-routed-eni/network-policy-agent.log"

// policyState tells what the network policy agent has loaded, and what it denied.
func policyState(r *area.Reader) {
	r.FromCard("agent", "software.network_policy_agent")
	if s, ok := network.Get(r.Pass, "NETWORK_POLICY_ENFORCING_MODE"); ok {
		r.Say("enforcing mode", s.Value, s.At)
	}
	if f := r.File(agentLog); f != nil && f.Lines > 0 {
		r.Count("log of the agent", int64(f.Lines), "lines", at(f.Path, 0))
	} else {
		r.NotJudged("verdicts of the agent", whole.Absent(r.Pass, agentLog))
	}
	verdicts(r)
	programs(r)
}

// verdicts tells of the flows that were denied, by the finding about them.
func verdicts(r *area.Reader) {
	for i := range r.Report.Findings {
		if f := &r.Report.Findings[i]; f.Rule == "npa.flow_denied" {
			s := r.Count("denied flows", int64(f.Count), "lines")
			s.Note = f.ID
			for _, e := range f.Evidence {
				s.At = append(s.At, area.Place{File: e.File, Line: e.Line})
			}
		}
	}
}

// programs lists what the agent has loaded for the pods, and how much its maps
// allow.
func programs(r *area.Reader) {
	files := analyze.Facts[ebpf.Data](r.Pass)
	if len(files) == 0 {
		r.NotJudged("programs and maps of the agent", whole.Absent(r.Pass, "networking/ebpf-data.txt"))
		return
	}
	maps := map[int]*ebpf.Map{}
	n := 0
	for _, f := range files {
		for i := range f.Value.Maps {
			maps[f.Value.Maps[i].ID] = &f.Value.Maps[i]
		}
		n += len(f.Value.Programs)
		if f.Value.Cut {
			r.NotJudged("the last programs or maps", f.Path+" has more than are kept")
		}
	}
	s := r.Count("programs", int64(n), "programs", at(files[0].Path, 0))
	if n == 0 {
		s.Note = "no policy selects a pod of this node, or the agent is off"
	}
	t := r.Table("programs by pod", area.Text("workload"), area.Text("direction"), area.Text("state"), area.N("prefixes"))
	for _, f := range files {
		for i := range f.Value.Programs {
			x := &f.Value.Programs[i]
			state, prefixes := loaded(x, maps)
			t.Row(at(f.Path, x.Line), cmp.Or(x.Pod, x.PinPath), x.Direction, state, prefixes)
		}
	}
}

// loaded tells how the maps of a program are set.
func loaded(x *ebpf.Program, maps map[int]*ebpf.Map) (state, prefixes string) {
	state, prefixes = "-", "-"
	n, known := 0, false
	for _, ref := range x.Maps {
		m := maps[ref.ID]
		if m == nil {
			continue
		}
		if strings.Contains(ref.Name, "gress_map") {
			n, known = n+len(m.Entries), true
		}
		for _, s := range m.States {
			if s.Key == 0 && strings.Contains(ref.Name, "state") {
				state = stateWords(s.State)
			}
		}
	}
	if known {
		prefixes = fmt.Sprint(n)
	}
	return state, prefixes
}

func stateWords(state int) string {
	words := []string{"policies hold", "all is allowed", "all is denied"}
	if state < 0 || state >= len(words) {
		return fmt.Sprint(state)
	}
	return words[state]
}
