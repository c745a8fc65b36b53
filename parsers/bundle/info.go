package bundle

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The names that the producers give their archives:
//
//	eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz   eks-log-collector.sh
//	eks__2026-11-21_0039-UTC_0.7.9.tar.gz                      the same, IMDS gave no instance id
//	log__us-west-2__i-07c3d9ab1e4f301ef__<time>.tar.gz         node monitoring agent, to S3
//	i-07c3d9ab1e4f301ef-logs.tar.gz                            the same, left on the node
//
// amazon-eks-ami log-collector-script/linux/eks-log-collector.sh (0.7.9) takes
// the time from date --utc; eks-node-monitoring-agent hands the third name to
// a pre-signed upload, so the form of its time is the caller's.
var (
	collectorName = regexp.MustCompile(`^eks_([0-9A-Za-z-]*)(?:_(\d{4}-\d\d-\d\d_\d{4})-UTC)?(?:_v?(\d+(?:\.\d+)+))?`)
	agentName     = regexp.MustCompile(`^log__[0-9a-z-]+__([0-9A-Za-z.-]+)__([0-9A-Za-z:._+-]+?)(?:\.tar\.gz|\.tgz)?$`)
	agentOnNode   = regexp.MustCompile(`^(i-[0-9a-f]{8,17})-logs\b`)
	instance      = regexp.MustCompile(`^i-[0-9a-f]+$`)
)

var agentTimes = []string{
	time.RFC3339, "2006-01-02T15-04-05Z07:00", "20060102T150405Z07:00", "20060102150405",
	"2006-01-02-15-04-05", "2006-01-02_15-04-05", "2006-01-02_1504-MST",
}

// Info reads the file name of a bundle. What the name does not say is zero;
// the time is UTC.
func Info(name string) (instanceID string, collected time.Time, version string) {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if m := collectorName.FindStringSubmatch(name); m != nil {
		collected, _ = time.Parse("2006-01-02_1504", m[2]) // zero if not given
		return instanceOf(m[1]), collected, m[3]
	}
	if m := agentName.FindStringSubmatch(name); m != nil {
		return instanceOf(m[1]), agentTime(m[2]), ""
	}
	if m := agentOnNode.FindStringSubmatch(name); m != nil {
		return m[1], time.Time{}, ""
	}
	return "", time.Time{}, ""
}

// isBundleName reports whether Info has something to read in name.
func isBundleName(name string) bool {
	id, collected, version := Info(name)
	return id != "" || !collected.IsZero() || version != "" || agentName.MatchString(name)
}

func instanceOf(s string) string {
	if instance.MatchString(s) {
		return s
	}
	return ""
}

func agentTime(s string) time.Time {
	for _, layout := range agentTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n < 1e11:
		return time.Unix(n, 0).UTC()
	case n < 1e14:
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}
