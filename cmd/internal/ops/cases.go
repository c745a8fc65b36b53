package ops

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
)

// A CaseRef is one line of the list of cases.
type CaseRef struct {
	ID, InstanceID, Bundle, CollectedAt string
	Bytes                               int64 // on disk
	Files, Findings                     int
	Worst                               analyze.Severity // "" for none
	Err                                 error            // why the case cannot be read; the other fields say what they can
}

// Cases lists the cases below home, newest collection first.
func Cases(ctx context.Context, home string) ([]CaseRef, error) {
	dir, err := Home(home)
	if err != nil {
		return nil, err
	}
	h := index.Home(dir)
	ids, err := h.IDs()
	if err != nil {
		return nil, err
	}
	var refs []CaseRef
	for _, id := range ids {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		refs = append(refs, caseRef(h, id))
	}
	slices.SortStableFunc(refs, func(a, b CaseRef) int {
		return cmp.Or(cmp.Compare(b.CollectedAt, a.CollectedAt), cmp.Compare(a.ID, b.ID))
	})
	return refs, nil
}

func caseRef(h index.Home, id string) CaseRef {
	ref := CaseRef{ID: id, Bytes: size(h.Dir(id))}
	r, err := readReport(h.Dir(id))
	if err != nil {
		ref.Err = err
		return ref
	}
	ref.InstanceID, ref.Bundle, ref.CollectedAt = r.Case.InstanceID, r.Case.Bundle, r.Case.CollectedAt
	ref.Files, ref.Findings = len(r.Coverage.Files), len(r.Findings)
	for _, f := range r.Findings {
		if f.Severity.Rank() > ref.Worst.Rank() {
			ref.Worst = f.Severity
		}
	}
	return ref
}

// size is how much a folder takes on the disk, as far as it can be read.
func size(dir string) (n int64) {
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// RemoveCase deletes one case.
func RemoveCase(ctx context.Context, home, ref string) error {
	h, id, err := find(ctx, home, ref)
	if err != nil {
		return err
	}
	return h.Remove(ctx, id)
}

const (
	reportFile = "report.json"
	ledgerFile = "ledger.json"
)

func readReport(dir string) (*analyze.Report, error) {
	r := &analyze.Report{}
	if err := readJSON(filepath.Join(dir, reportFile), r); err != nil {
		return nil, err
	}
	return r, nil
}

// readCaseInfo returns what a report says of its case. What stands behind that
// in the file is not decoded: a report can have many findings.
func readCaseInfo(dir string) (*analyze.CaseInfo, error) {
	file := filepath.Join(dir, reportFile)
	data, err := readChecked(file)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		var skip json.RawMessage
		info := &analyze.CaseInfo{}
		var v any = &skip
		if key == "case" {
			v = info
		}
		if err := d.Decode(v); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if key == "case" {
			return info, nil
		}
	}
	return nil, fmt.Errorf("read %s: it tells of no case", file)
}

// readLedger returns the IDs given so far; an empty ledger for a new case.
func readLedger(dir string) (analyze.Ledger, error) {
	l := analyze.Ledger{}
	err := readJSON(filepath.Join(dir, ledgerFile), &l)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return l, err
}

// saveReport writes report and ledger, the ledger first: IDs that were shown
// are never given again.
func saveReport(dir string, r *analyze.Report, l analyze.Ledger) error {
	l.Note(r)
	if err := writeJSON(filepath.Join(dir, ledgerFile), l); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, reportFile), r)
}

// Report and ledger end in a line with the CRC-32C of what stands before it, as
// a wrong byte may well leave the JSON in order:
//
//	{"schema":"eksleuth.report/v1", ...}
//	{"crc":3632233996}
//
// What was written before there was such a line has none.
const crcLine = "\n{\"crc\":"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func readJSON(file string, v any) error {
	data, err := readChecked(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// readChecked returns the JSON of a file, whose checksum is right.
func readChecked(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	at := bytes.LastIndex(data, []byte(crcLine))
	if at < 0 {
		return data, nil
	}
	if string(data[at:]) != crcOf(data[:at]) {
		return nil, fmt.Errorf("read %s: it has wrong bytes", file)
	}
	return data[:at], nil
}

// crcOf is the line that ends a file.
func crcOf(data []byte) string {
	return fmt.Sprintf("%s%d}\n", crcLine, crc32.Checksum(data, castagnoli))
}

// writeJSON replaces a file in one step.
func writeJSON(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	data = append(data, crcOf(data)...)
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
