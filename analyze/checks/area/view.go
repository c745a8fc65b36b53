package area

import (
	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// A View is what an area says of one case. Its JSON form is a contract.
type View struct {
	Schema      string        `json:"schema"` // "eksleuth.network/v1"
	Case        string        `json:"case"`
	Bundle      string        `json:"bundle"`
	CollectedAt string        `json:"collected_at"`
	Sections    []SectionView `json:"sections"`
}

// A SectionView is what is known of one subject.
type SectionView struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Facts  []*Fact  `json:"facts"`
	Tables []*Table `json:"tables"`
	// Limits are the resources that a check or rule of the section judges.
	Limits    []ledger.Entry `json:"limits"`
	Daemons   []Daemon       `json:"daemons"`
	Checks    []Check        `json:"checks"`    // found first, the worst first; then clear, failed, no-data
	Findings  []Finding      `json:"findings"`  // of rules on logs, the worst first
	Rules     Rules          `json:"log_rules"` // how the rules on logs ended
	NotJudged []Gap          `json:"not_judged"`
}

// A Gap is something that could not be told or judged.
type Gap struct {
	What string `json:"what"` // a part of the state in words, or the ID of a check or rule
	Why  string `json:"why"`
}

// A Fact is one value with the places that say it.
type Fact struct {
	Label string  `json:"label"`
	Value string  `json:"value"`
	Unit  string  `json:"unit,omitempty"` // of a number: Bytes, Percent, or what is counted
	Note  string  `json:"note,omitempty"` // what it means, or how it is known
	At    []Place `json:"at"`
}

// A Place is a line of a file of the bundle; line 0 is the whole file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Table is a list of things of one kind.
type Table struct {
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	More    int      `json:"more"` // rows that are left out
}

// A Column is the head of a column.
type Column struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"` // of numbers: Bytes, Percent, Things; "" for text
}

// Units of numbers. Sizes are whole bytes, so that programs can count with them.
const (
	Bytes   = "bytes"
	Percent = "%"
	Things  = "n"
)

// A Row is a line of a table.
type Row struct {
	Cells []string `json:"cells"`
	At    []Place  `json:"at"`
}

// A Daemon is whether a daemon was alive, by which sources.
type Daemon struct {
	Name   gates.Name  `json:"name"`
	State  gates.State `json:"state"`
	Wanted bool        `json:"wanted"` // something shows that it is meant to run on this node
	Note   string      `json:"note,omitempty"`
	Proofs []Proof     `json:"proofs"`
}

// A Proof is what one source says of a daemon.
type Proof struct {
	Source gates.Source `json:"source"`
	Says   gates.Says   `json:"says"`
	Text   string       `json:"text"`
	At     []Place      `json:"at"`
}

// A Check is how a check ended; one that found several things is there for each.
type Check struct {
	ID       string           `json:"id"`
	Outcome  analyze.Outcome  `json:"outcome"`
	Finding  string           `json:"finding,omitempty"` // "F-001"
	Severity analyze.Severity `json:"severity,omitempty"`
	Title    string           `json:"title"`          // of the finding, else what the check looks for
	Note     string           `json:"note,omitempty"` // what was looked at, or what was missing
	At       []Place          `json:"at"`
}

// A Finding is what lines of logs tell.
type Finding struct {
	ID          string           `json:"id"`
	Rule        string           `json:"rule"`
	Severity    analyze.Severity `json:"severity"`
	Title       string           `json:"title"`
	Count       int              `json:"count"`
	FirstSeen   string           `json:"first_seen"`
	LastSeen    string           `json:"last_seen"`
	ExplainedBy []string         `json:"explained_by"`
	At          []Place          `json:"at"`
}

// Rules counts the rules on logs by their outcome.
type Rules struct {
	Found  int `json:"found"`
	Clear  int `json:"clear"`
	NoData int `json:"no_data"`
	Failed int `json:"failed"`
}
