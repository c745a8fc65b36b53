package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/eksleuth/eksleuth/analyze/score"
)

// childRequest is the environment variable that makes the test binary a child:
// a process that can be killed, or that has no room on its disk.
const childRequest = "EKSLEUTH_TEST_CHILD"

// A childJob is what a child does.
type childJob struct {
	Input, Home, Version string
	FileSize             int    // no file may grow over so many bytes; -1 for no limit
	Query                string // to search the case Input for, instead of analyzing it
	State                string // to judge the archive Input with, instead of analyzing a bundle
}

func TestMain(m *testing.M) {
	if job := os.Getenv(childRequest); job != "" {
		os.Exit(child(job))
	}
	os.Exit(m.Run())
}

// child analyzes one bundle and prints the ID of its case, or searches a case.
func child(text string) int {
	var job childJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if job.FileSize >= 0 {
		if err := limitFiles(job.FileSize); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	if job.State != "" {
		return childRegress(job)
	}
	if job.Query != "" {
		if _, err := Search(context.Background(), SearchRequest{Home: job.Home, Case: job.Input, Query: job.Query}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	r, err := Analyze(context.Background(), AnalyzeRequest{Input: job.Input, Stdin: os.Stdin, Home: job.Home, Version: job.Version})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print(r.Case.ID)
	return 0
}

// childRegress judges an archive and prints a byte for each bundle that is done,
// and then how many bytes of memory it took.
func childRegress(job childJob) int {
	_, err := Regress(context.Background(), RegressRequest{
		Archives: []string{job.Input}, Home: job.Home, State: job.State,
		Progress: func(int, int, *score.Result) { os.Stdout.Write([]byte(".")) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Print(m.Sys)
	return 0
}

// start is a child that is not yet running.
func start(t *testing.T, job childJob) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childRequest+"="+string(text))
	return cmd
}
