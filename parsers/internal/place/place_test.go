package place_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
)

func TestLogdog(t *testing.T) {
	f := &parsers.Format{Files: place.Logdog("df", "var/log/kdump/*.log")}
	for _, path := range []string{
		"bottlerocket-logs/df",
		"bottlerocket/logdog/bottlerocket-logs.tar.gz/bottlerocket-logs/df",
		"bottlerocket/logdog/bottlerocket-logs/df",
		"bottlerocket-logs/var/log/kdump/dmesg.log",
	} {
		if !f.Matches(path) {
			t.Errorf("no pattern matches %s", path)
		}
	}
	if f.Matches("bottlerocket-logs/other") {
		t.Error("bottlerocket-logs/other matches")
	}
}
