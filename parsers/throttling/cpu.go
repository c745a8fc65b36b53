package throttling

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/rerun"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// CPU is cpu_throttling.txt.
type CPU struct {
	// None is the line that says that no cgroup was throttled; 0 without.
	None   int
	Groups []Group
	// Processes are rows that belong to no group: the node monitoring agent
	// writes nothing else. As soon as one cgroup was throttled it writes all
	// processes of the node, so none of them is known to have waited.
	Processes []Process
	// Repeats are earlier runs of the collector in the same file. Their
	// cgroups are not among the Groups.
	Repeats int
	Notes   rows.Notes
}

// A Group is a cgroup that was throttled since it exists. Any container with a
// limit was, at times.
type Group struct {
	Path      string // "/sys/fs/cgroup/.../cpu.stat"
	Pod       string // UID of the pod, with hyphens; "" outside of pods
	Container string // 64 digits; "" for the pod's own cgroup
	Periods   uint64 // in which it ran
	Throttled uint64 // periods in which it used up its quota
	// Waited is for how long, of all CPUs together.
	Waited time.Duration
	Stats  []Stat // all lines of cpu.stat
	// Processes start with the digits of a PID of the group: those of PID 12
	// and of 1234 too, and none whose PID ps moves to the right.
	Processes []Process
	Line      int
}

// A Stat is a line of cpu.stat.
type Stat struct {
	Key   string
	Value uint64
	Line  int
}

// A Process is a row of ps ax.
type Process struct {
	PID     int
	State   string
	Time    string // "10:39"
	Command string
	Line    int
}

// ParseCPU reads cpu_throttling.txt. The cpu.stat of cgroup v2 has more lines,
// and throttled_usec for the nanoseconds of throttled_time.
//
//	/sys/fs/cgroup/cpu,cpuacct/kubepods/burstable/poda207af95-18de-463f-a3f6-181f78900fc7/071f5ea8.../cpu.stat
//	nr_periods 104065
//	nr_throttled 103964
//	throttled_time 18601742785642
//	12325 ?        R     10:39 /bin/stress-ng --cpu 0 --metrics-brief -v
//
// Written by get_cpu_throttled_processes of eks-log-collector.sh.
func ParseCPU(file string, text []byte) (*CPU, error) {
	p := cpuParser{cpu: &CPU{}}
	for num, line := range rows.Lines(text) {
		p.line(num, line)
	}
	c := p.cpu
	c.Repeats += p.paths.Repeats()
	if c.None == 0 && len(c.Groups)+len(c.Processes) == 0 {
		return nil, c.Notes.Fail(name, file, "neither cgroups nor processes")
	}
	return c, nil
}

type cpuParser struct {
	cpu   *CPU
	count int  // rows that were kept
	group bool // rows belong to the last group
	paths rerun.Sections[string]
}

var (
	statForm = regexp.MustCompile(`^([a-z_.]+) (\d+)$`)
	rowForm  = regexp.MustCompile(`^ *(\d+) +\S+ +(\S+) +([\d:-]+) (.*)$`)
)

func (p *cpuParser) line(num int, s string) {
	if strings.TrimSpace(s) == "" {
		p.group = false
		return
	}
	stat := statForm.FindStringSubmatch(s)
	row := rowForm.FindStringSubmatch(s)
	switch {
	case strings.HasPrefix(s, "No CPU Throttling Found"):
		p.cpu.None = num
	case strings.TrimSpace(s) == "PID TTY      STAT   TIME COMMAND":
	case p.count == maxRows:
	case strings.HasPrefix(s, "/") && strings.HasSuffix(s, "cpu.stat"):
		p.open(num, s)
	case stat != nil && p.group:
		p.stat(num, stat)
	case row != nil:
		p.process(num, row)
	default:
		p.cpu.Notes.Add(num, s)
	}
}

var (
	podForm       = regexp.MustCompile(`pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})[/.]`)
	containerForm = regexp.MustCompile(`[0-9a-f]{64}`)
)

// open starts a cgroup. The collector only appends: what its earlier run found,
// be it cgroups or none, is dropped.
func (p *cpuParser) open(num int, path string) {
	if p.cpu.None != 0 {
		p.cpu.None = 0
		p.cpu.Repeats++
	}
	p.drop(p.paths.Add(path, len(p.cpu.Groups)))
	g := Group{Path: rows.Clip(path, maxCommand), Container: containerForm.FindString(path), Line: num}
	if m := podForm.FindStringSubmatch(path); m != nil {
		g.Pod = strings.ReplaceAll(m[1], "_", "-")
	}
	p.cpu.Groups = append(p.cpu.Groups, g)
	p.count, p.group = p.count+1, true
}

func (p *cpuParser) drop(n int) {
	for i := range p.cpu.Groups[:n] {
		g := &p.cpu.Groups[i]
		p.count -= 1 + len(g.Stats) + len(g.Processes)
		*g = Group{}
	}
	p.cpu.Groups = p.cpu.Groups[n:]
}

func (p *cpuParser) stat(num int, m []string) {
	g := &p.cpu.Groups[len(p.cpu.Groups)-1]
	v, err := strconv.ParseUint(m[2], 10, 64)
	if err != nil {
		p.cpu.Notes.Add(num, m[0])
		return
	}
	p.count++
	g.Stats = append(g.Stats, Stat{m[1], v, num})
	switch m[1] {
	case "nr_periods":
		g.Periods = v
	case "nr_throttled":
		g.Throttled = v
	case "throttled_time":
		g.Waited = time.Duration(min(v, 1<<62))
	case "throttled_usec":
		g.Waited = time.Duration(min(v, 1<<52)) * time.Microsecond
	}
}

func (p *cpuParser) process(num int, m []string) {
	pid, err := strconv.Atoi(m[1])
	if err != nil {
		p.cpu.Notes.Add(num, m[0])
		return
	}
	r := Process{pid, m[2], m[3], rows.Clip(m[4], maxCommand), num}
	p.count++
	list := &p.cpu.Processes
	if p.group {
		list = &p.cpu.Groups[len(p.cpu.Groups)-1].Processes
	}
	*list = append(*list, r)
}
