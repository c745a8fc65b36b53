package nvidia

import (
	"bytes"
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Bounds of what is kept. Most of a report of 50 MB is a dump in base64.
const (
	maxSections = 5000
	maxGPUs     = 1000
	maxErrors   = 1000 // of each kind
	maxText     = 300  // bytes of a value
)

// A Report is what the script collected.
type Report struct {
	Script Text // its version
	Date   Text // as the script wrote it, in the zone of the host
	// Complete is false when the end is missing: the collector stops the
	// script after 75 seconds.
	Complete bool

	Module Text // version of the driver in the kernel
	Driver Text // version that nvidia-smi says
	CUDA   Text // the newest version that the driver can run

	Attached Count    // number of GPUs, by nvidia-smi
	GPUs     []GPU    // by nvidia-smi
	Devices  []Device // by the driver in the kernel

	// Xids and SXids are errors of GPUs and of switches. The same one can
	// be in the journal and in dmesg; From tells the copies apart.
	Xids, SXids  []Xid
	XidCounts    []XidCount // all Xids, also those that are not kept
	DriverEvents []Event    // other lines of the driver that tell of trouble
	SMIErrors    []Event    // what nvidia-smi said instead of an answer

	Sections []Section
	Cut      bool // there was more than is kept
}

// Text is a value and its line; Line 0 means that the report does not have it.
type Text struct {
	Value string
	Line  int
}

// Count is a number and its line. Value is -1 where the report says "N/A".
type Count struct {
	Value int64
	Line  int
}

// A Device is a GPU as the driver in the kernel knows it.
type Device struct {
	Bus      string // "0000:00:1e.0"
	Model    string
	UUID     string // has question marks when the GPU could not be asked
	Firmware string
	Excluded bool
	Line     int // where its section starts
}

// An Xid is an error that the driver logged.
type Xid struct {
	Number int
	PCI    string // "0000:00:1e"
	Text   string // the line, shortened
	From   string // "dmesg:", "journalctl -b -0:", "/var/log/messages:"
	Line   int
}

// An XidCount is how often an error stands in a place.
type XidCount struct {
	From   string
	Number int
	Count  int
}

// An Event is a line.
type Event struct {
	Text string // shortened
	From string // as in Xid
	Line int
}

// A Section is a part of the report.
type Section struct {
	Title       string // "/proc/cpuinfo", "/usr/bin/nvidia-smi --query", "dmesg:"
	First, Last int    // lines, from the title on
}

// Parse reads a report.
//
//	____________________________________________
//
//	*** /proc/driver/nvidia/./version
//	*** ls: -r--r--r-- 1 root root 0 2026-11-21 00:20:48.336350707 +0000 /proc/driver/nvidia/./version
//	NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri May 31 09:35:42 UTC 2024
func Parse(file string, text []byte) (*Report, error) {
	r := &reader{report: &Report{}, counts: map[XidCount]int{}}
	for line := range bytes.Lines(text) {
		r.num++
		r.line(bytes.TrimRight(line, "\r\n"))
	}
	r.close(r.num)
	if len(r.report.Sections) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no sections of a report")}
	}
	r.rank()
	return r.report, nil
}

type reader struct {
	report *Report
	num    int
	title  bool    // the next line that is not empty is a title
	part   part    // how the lines of the section are read
	device *Device // of the section
	from   string  // of log lines
	smi    smi
	counts map[XidCount]int // with Count 0
}

// A part is a kind of section.
type part int

const (
	other part = iota
	prologue
	version
	device
	logs
	encoded // base64: nothing in it is looked at
)

var (
	separator = bytes.Repeat([]byte("_"), 44)
	files     = []byte("*** /")
	listing   = []byte("*** ls:")
	driver    = []byte("NVRM: ")
	switches  = []byte("SXid (")
	xids      = []byte("Xid (")
)

func (r *reader) line(line []byte) {
	switch {
	case bytes.Equal(line, separator):
		r.close(r.num - 1)
		r.title, r.part = true, other
	case len(line) == 0:
	case r.title || bytes.HasPrefix(line, files):
		r.begin(line)
	case bytes.HasPrefix(line, listing):
	case bytes.Equal(line, endOfReport):
		r.report.Complete = true
	default:
		r.content(line)
	}
}

// begin starts a section with its title.
func (r *reader) begin(line []byte) {
	r.close(r.num - 1)
	title := rows.Clip(string(bytes.TrimPrefix(line, []byte("*** "))), maxText)
	r.title, r.device, r.from, r.smi = false, nil, "", smi{}
	r.part = partOf(title)
	switch {
	case bytes.Equal(line, endOfReport):
		r.report.Complete = true
	case r.part == logs:
		r.from = title
	case r.part == device:
		r.addDevice(title)
	}
	if len(r.report.Sections) == maxSections {
		r.report.Cut = true
		return
	}
	r.report.Sections = append(r.report.Sections, Section{Title: title, First: r.num})
}

func partOf(title string) part {
	switch {
	case strings.HasPrefix(title, "Start of NVIDIA bug report"):
		return prologue
	case strings.HasPrefix(title, "base64 "), strings.Contains(title, "nvidia-debugdump"):
		return encoded
	case strings.HasPrefix(title, "/proc/driver/nvidia/") && strings.HasSuffix(title, "/version"):
		return version
	case strings.HasPrefix(title, "/proc/driver/nvidia/") && strings.HasSuffix(title, "/information"):
		return device
	case strings.HasPrefix(title, "dmesg"), strings.HasPrefix(title, "Scanning kernel log files"), strings.HasPrefix(title, "journalctl "):
		return logs
	}
	return other
}

// close notes where the last section ends.
func (r *reader) close(last int) {
	if n := len(r.report.Sections); n > 0 && r.report.Sections[n-1].Last == 0 {
		r.report.Sections[n-1].Last = max(last, r.report.Sections[n-1].First)
	}
}

func (r *reader) content(line []byte) {
	switch r.part {
	case encoded:
	case prologue:
		r.prologue(string(line))
	case version:
		r.version(line)
	case device:
		r.property(string(line[:min(len(line), maxText)]))
	case logs:
		r.log(line)
	case other:
		r.query(line)
	}
}

func (r *reader) prologue(s string) {
	if v, ok := strings.CutPrefix(s, "nvidia-bug-report.sh Version: "); ok {
		r.report.Script = r.text(v)
	}
	if v, ok := strings.CutPrefix(s, "Date: "); ok {
		r.report.Date = r.text(v)
	}
}

func (r *reader) text(v string) Text { return Text{rows.Clip(strings.TrimSpace(v), maxText), r.num} }

var moduleVersion = regexp.MustCompile(`^NVRM version: NVIDIA UNIX .*?\s(\d+\.\d+(?:\.\d+)?)\s`)

func (r *reader) version(line []byte) {
	if m := moduleVersion.FindSubmatch(line); m != nil {
		r.report.Module = r.text(string(m[1]))
	}
}

// addDevice starts the device of a section "/proc/driver/nvidia/./gpus/0000:00:1e.0/information".
func (r *reader) addDevice(title string) {
	parts := strings.Split(title, "/")
	if strings.HasSuffix(title, " does not exist") || len(parts) < 3 {
		return
	}
	if len(r.report.Devices) == maxGPUs {
		r.report.Cut = true
		return
	}
	r.report.Devices = append(r.report.Devices, Device{Bus: parts[len(parts)-2], Line: r.num})
	r.device = &r.report.Devices[len(r.report.Devices)-1]
}

// property reads a line of a device.
//
//	Model: 		 Tesla T4
//	GPU UUID: 	 GPU-453f8851-d1a3-e72d-4d85-3ef04418205b
//	GPU Excluded:	 No
func (r *reader) property(s string) {
	key, value, ok := strings.Cut(s, ":")
	if !ok || r.device == nil {
		return
	}
	value = strings.TrimSpace(value)
	switch key {
	case "Model":
		r.device.Model = value
	case "GPU UUID":
		r.device.UUID = value
	case "GPU Firmware":
		r.device.Firmware = value
	case "GPU Excluded", "Blacklisted", "GPU Blacklisted":
		r.device.Excluded = value == "Yes"
	}
}

// log reads a line of a log. Below "Scanning kernel log files" a line that
// names the log comes before its lines.
//
//	  journalctl -b -0:
//	Nov 21 00:12:01 ip-10-0-12-34 kernel: NVRM: Xid (PCI:0000:00:1e): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
func (r *reader) log(line []byte) {
	switch {
	case bytes.HasPrefix(line, []byte("  ")) && bytes.HasSuffix(line, []byte(":")):
		r.from = rows.Clip(string(line[2:]), maxText)
	case bytes.Contains(line, switches):
		r.xid(&r.report.SXids, line)
	case !bytes.Contains(line, driver) || r.xid(&r.report.Xids, line):
	case len(r.report.DriverEvents) == maxErrors:
		r.report.Cut = true // which is not looked into any more
	case slices.ContainsFunc(trouble, func(word []byte) bool { return bytes.Contains(line, word) }):
		r.event(&r.report.DriverEvents, line)
	}
}

var xidLine = regexp.MustCompile(`(S?)Xid \((?:PCI:)?([0-9A-Za-z:.]+)[^)]*\): (\d{1,6})(?:,|$)`)

// trouble are words in other lines of the driver that tell of a fault.
var trouble = [][]byte{
	[]byte("fail"), []byte("Fail"), []byte("fallen off"), []byte("mismatch"), []byte("error"), []byte("Error"), []byte("ERROR"),
	[]byte("lost"), []byte("imeout"), []byte("corrupt"),
}

// xid keeps an error; false when the line is none. The lines with data that
// follow an error of a switch have its number too and are left out.
func (r *reader) xid(list *[]Xid, line []byte) bool {
	at := bytes.Index(line, xids)
	if at < 0 {
		return false
	}
	m := xidLine.FindSubmatch(line[max(0, at-1):min(len(line), at+maxText)])
	if m == nil {
		return false
	}
	if len(m[1]) > 0 && bytes.Contains(line, []byte(", Data {")) {
		return true
	}
	n, _ := strconv.Atoi(string(m[3]))
	if len(m[1]) == 0 {
		r.count(n)
	}
	if len(*list) == maxErrors {
		r.report.Cut = true
		return true
	}
	*list = append(*list, Xid{Number: n, PCI: string(m[2][:min(len(m[2]), maxText)]), Text: clip(line), From: r.from, Line: r.num})
	return true
}

func (r *reader) count(number int) {
	key := XidCount{From: r.from, Number: number}
	if _, known := r.counts[key]; !known && len(r.counts) == maxErrors {
		r.report.Cut = true
		return
	}
	r.counts[key]++
}

func (r *reader) event(list *[]Event, line []byte) {
	if len(*list) == maxErrors {
		r.report.Cut = true
		return
	}
	*list = append(*list, Event{clip(line), r.from, r.num})
}

func clip(line []byte) string {
	return strings.ToValidUTF8(string(line[:min(len(line), maxText)]), "?")
}

func (r *reader) rank() {
	for key, n := range r.counts {
		key.Count = n
		r.report.XidCounts = append(r.report.XidCounts, key)
	}
	slices.SortFunc(r.report.XidCounts, func(a, b XidCount) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Number, b.Number))
	})
}
