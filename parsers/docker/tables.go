package docker

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/columns"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Containers is the output of docker ps --all.
type Containers struct {
	Containers []Container
	Notes      rows.Notes // lines that are no rows
	Cut        int        // rows that were too many to be kept
}

// A Container is a row. Its command is not kept: it may have a password.
type Container struct {
	ID      string
	Image   string
	Created string // "2 hours ago"
	Status  string // "Up 2 hours (healthy)", "Exited (137) 5 minutes ago"
	State   State
	Exit    int // -1 when it did not end
	Ports   string
	Names   string
	Line    int
}

// A State is the first word of a container's status.
type State string

// The states of containers.
const (
	Up         State = "Up"
	Exited     State = "Exited"
	Created    State = "Created"
	Restarting State = "Restarting"
	Dead       State = "Dead"
	Removal    State = "Removal" // it is being removed
)

// Images is the output of docker images.
type Images struct {
	Images []Image
	Notes  rows.Notes // lines that are no rows
	Cut    int        // rows that were too many to be kept
}

// An Image is a row.
type Image struct {
	Repository, Tag string // "<none>" for images without a name
	ID              string
	Created         string // "3 weeks ago"
	Size            int64  // bytes, rounded to three digits; -1 when not known
	Line            int
}

// ParseContainers reads the output of docker ps.
//
//	CONTAINER ID   IMAGE     COMMAND       CREATED       STATUS       PORTS     NAMES
//	4c01db0b339c   ubuntu    "/bin/bash"   2 hours ago   Up 2 hours             k8s_app
func ParseContainers(file string, text []byte) (*Containers, error) {
	out := &Containers{}
	t := table{names: []string{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"}, absent: 5}
	t.read(text, &out.Notes, func(num int, c []string) bool {
		status := statusLine.FindStringSubmatch(c[4])
		if strings.Contains(c[0], " ") || status == nil {
			return false
		}
		if len(out.Containers) == maxRows {
			out.Cut++
			return true
		}
		exit := -1
		if n, err := strconv.ParseUint(status[2], 10, 31); err == nil {
			exit = int(n)
		}
		out.Containers = append(out.Containers, Container{
			ID: c[0], Image: c[1], Created: c[3], Status: c[4], State: State(status[1]), Exit: exit, Ports: c[5], Names: c[6], Line: num,
		})
		return true
	})
	if !t.headed {
		return nil, out.Notes.Fail(name, file, "no head of a table")
	}
	return out, nil
}

var statusLine = regexp.MustCompile(`^(Up|Exited|Created|Restarting|Dead|Removal)\b(?: \((\d+)\))?`)

// ParseImages reads the output of docker images.
//
//	REPOSITORY   TAG       IMAGE ID       CREATED        SIZE
//	<none>       <none>    77af4d6b9913   19 hours ago   1.089GB
func ParseImages(file string, text []byte) (*Images, error) {
	out := &Images{}
	t := table{names: []string{"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"}, absent: -1}
	t.read(text, &out.Notes, func(num int, c []string) bool {
		if strings.Contains(c[2], " ") || c[2] == "" {
			return false
		}
		if len(out.Images) == maxRows {
			out.Cut++
			return true
		}
		out.Images = append(out.Images, Image{c[0], c[1], c[2], c[3], decimal(c[4]), num})
		return true
	})
	if !t.headed {
		return nil, out.Notes.Fail(name, file, "no head of a table")
	}
	return out, nil
}

// A table is read by its head, and by the gaps of at least three blanks between
// cells where a row does not keep to it: the client counts wide characters as
// two, and text that was pasted has lost them.
type table struct {
	names  []string
	absent int // the column that may be empty; -1 for none

	head   columns.Head
	order  []int // of names in head
	headed bool
}

// read hands the cells of each row to add; a line that add refuses is a note.
func (t *table) read(text []byte, notes *rows.Notes, add func(num int, cells []string) bool) {
	for num, line := range rows.Lines(text) {
		switch {
		case strings.TrimSpace(line) == "":
		case t.begin(line):
		case t.headed && (t.cells(num, line, add) || t.gaps(num, line, add)):
		default:
			notes.Add(num, line)
		}
	}
}

// begin reads a head: a line with all names, maybe among others.
func (t *table) begin(line string) bool {
	if !strings.HasPrefix(strings.TrimLeft(line, " "), t.names[0]) {
		return false
	}
	head := columns.ParseHead(line, 2)
	var order []int
	for _, n := range t.names {
		i := slices.Index(head.Names, n)
		if i < 0 {
			return false
		}
		order = append(order, i)
	}
	t.head, t.order, t.headed = head, order, true
	return true
}

func (t *table) cells(num int, line string, add func(int, []string) bool) bool {
	all, ok := t.head.Cells(line)
	if !ok {
		return false
	}
	cells := make([]string, len(t.order))
	for i, col := range t.order {
		cells[i] = rows.Clip(all[col], maxText)
	}
	return add(num, cells)
}

// gaps splits a row of exactly the columns of the table.
func (t *table) gaps(num int, line string, add func(int, []string) bool) bool {
	var cells []string
	for len(line) > 0 && len(cells) <= len(t.names) {
		cell, rest, _ := strings.Cut(line, "   ")
		cells = append(cells, rows.Clip(strings.TrimSpace(cell), maxText))
		line = strings.TrimLeft(rest, " ")
	}
	if len(cells) == len(t.names)-1 && t.absent >= 0 {
		cells = slices.Insert(cells, t.absent, "")
	}
	return len(cells) == len(t.names) && add(num, cells)
}

var units = []string{"B", "kB", "MB", "GB", "TB", "PB"}

// decimal reads "1.089GB", in powers of 1000; -1 for what is no size.
func decimal(s string) int64 {
	num := strings.TrimRight(s, "kKMGTPB")
	power := slices.Index(units, s[len(num):])
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if err != nil || power < 0 {
		return -1
	}
	v = math.Round(v * math.Pow(1000, float64(power)))
	if !(v >= 0) || v >= math.MaxInt64 {
		return -1
	}
	return int64(v)
}
