package imds

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/imdspackets"
	"github.com/eksleuth/eksleuth/parsers/ipam"
)

// A Caller is a program that calls the service without a token, as the log of
// aws-imds-packet-analyzer shows it. Such calls get 401 once HttpTokens is
// required.
type Caller struct {
	Process   string   `json:"process"` // "curl"; cut to 15 bytes by the kernel
	Command   string   `json:"command"` // its arguments, cut; "" if the process was gone
	Container string   `json:"sandbox"` // ID of the pod sandbox; "" for a program of the node, or one that is too deep in its container
	Pod       string   `json:"pod"`     // namespace/name, if the bundle knows the sandbox
	OnHost    bool     `json:"on_host"` // started by systemd, without a container between
	Agents    []string `json:"agents"`  // user agents, the first few
	Paths     []string `json:"paths"`   // what it asked for, the first few
	Count     int      `json:"count"`
	V2        int      `json:"v2"`     // calls of the same program with a token
	Breaks    bool     `json:"breaks"` // it asks for no token, so that its calls get 401 once tokens are required
	Guess     bool     `json:"guess"`  // the tool could not see the requests: the version is a guess
	At        []Place  `json:"at"`
}

// Limits of what is read and kept of a log of calls.
const (
	maxCallLines = 100_000
	maxCallers   = 200
	fewAgents    = 4
	maxCommand   = 200
)

// A Trace is what logs of aws-imds-packet-analyzer tell.
type Trace struct {
	Callers []Caller // those without a token, the most busy first
	Tokens  []Point  // pods that had a token, so that the answer with it reached them
	Note    string   // what was read; "" without such a log
	Seen    bool     // there was a call
}

// callers collects programs.
type callers struct {
	by    map[string]*Caller
	held  map[string]Place // sandboxes that had a token
	more  int              // calls of programs that there was no room for
	total [3]int
	cut   string
}

// ReadTrace reads the logs of aws-imds-packet-analyzer.
func ReadTrace(files []*index.File, facts []index.Fact, lines Reader) (*Trace, error) {
	all := &callers{by: map[string]*Caller{}, held: map[string]Place{}}
	read := 0
	var names []string
	for _, f := range files {
		if f.Format != imdspackets.Format.Name {
			continue
		}
		names = append(names, f.Path)
		err := lines(f, 1, func(n int, line []byte) bool {
			if read++; read > maxCallLines {
				all.cut = fmt.Sprintf("; %s was not read further than line %d", f.Path, n)
				return false
			}
			if c, ok := imdspackets.Read(line); ok {
				all.add(&c, Place{f.Path, n})
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return &Trace{}, nil
	}
	pods := sandboxes(facts)
	t := &Trace{Callers: all.list(pods), Tokens: all.tokens(pods), Seen: all.total[1]+all.total[2] > 0}
	t.Note = fmt.Sprintf("%s: %s without a token, %d with one%s", strings.Join(names, ", "), words.Count(all.total[1], "call", "calls"), all.total[2], all.cut)
	if all.more > 0 {
		t.Note += fmt.Sprintf("; %d calls are of more programs than are kept", all.more)
	}
	return t, nil
}

// tokens are the pods that had a token. Those of which only the sandbox is known
// are named by it.
func (all *callers) tokens(pods map[string]string) (out []Point) {
	for _, id := range slices.Sorted(maps.Keys(all.held)) {
		name := pods[id]
		if name == "" {
			name = fmt.Sprintf("sandbox %.13s", id)
		}
		out = add(out, name+" called with a token", all.held[id])
	}
	return out
}

// add counts a call.
func (all *callers) add(c *imdspackets.Call, at Place) {
	all.total[c.Version]++
	first := c.Chain[0]
	sandbox := c.Sandbox()
	key := first.Command + "\x00" + sandbox
	if first.Command == "" {
		key = fmt.Sprintf("%d\x00%s", first.PID, sandbox)
	}
	p := all.by[key]
	if p == nil {
		if len(all.by) == maxCallers {
			all.more++
			return
		}
		p = &Caller{Process: first.Command, Command: first.Args[:min(len(first.Args), maxCommand)], Container: sandbox}
		all.by[key] = p
	}
	if c.Version == 2 {
		p.V2++
		if _, known := all.held[sandbox]; !known && sandbox != "" && c.Method == "get" && !c.Unknown {
			all.held[sandbox] = at
		}
		return
	}
	p.Count++
	p.Guess = p.Guess || c.Unknown
	p.OnHost = p.OnHost || sandbox == "" && slices.ContainsFunc(c.Chain, func(p imdspackets.Process) bool { return p.PID == 1 })
	few(&p.Agents, c.Agent)
	few(&p.Paths, c.Path)
	if len(p.At) < fewPlaces {
		p.At = append(p.At, at)
	}
}

func few(list *[]string, s string) {
	if s != "" && len(*list) < fewAgents && !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// list are the programs that called without a token.
func (all *callers) list(pods map[string]string) []Caller {
	var out []Caller
	for _, p := range all.by {
		if p.Count > 0 {
			p.Pod, p.Breaks = pods[p.Container], p.V2 == 0 && !p.Guess
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b Caller) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Command, b.Command))
	})
	return out
}

// sandboxes are the pods of this node by the ID of their sandbox.
func sandboxes(facts []index.Fact) map[string]string {
	pods := map[string]string{}
	for _, f := range facts {
		if v, ok := f.Value.(*ipam.Checkpoint); ok {
			for i := range v.Allocations {
				if a := &v.Allocations[i]; a.Pod != "" && a.Container != "" {
					pods[a.Container] = a.Namespace + "/" + a.Pod
				}
			}
		}
	}
	return pods
}

// String names the program and where it runs.
func (c *Caller) String() string {
	name := cmp.Or(c.Process, "a process that was gone")
	switch {
	case c.Pod != "":
		return fmt.Sprintf("%s in pod %s", name, c.Pod)
	case c.Container != "":
		return fmt.Sprintf("%s in sandbox %.13s", name, c.Container)
	case c.OnHost:
		return name + " on the node"
	}
	return name
}
