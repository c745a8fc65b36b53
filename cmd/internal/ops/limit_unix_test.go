//go:build unix

package ops

import (
	"os/signal"
	"syscall"
	"time"
)

// limitFiles makes writes beyond a size fail, as those to a full disk do.
func limitFiles(size int) error {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, and not the process
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	setLimit(&limit.Cur, size)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// setLimit sets a field that is not of the same type on all systems.
func setLimit[T int64 | uint64](field *T, size int) { *field = T(size) }

const canLimitFiles = true

// processorTime is what this process has had of the processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
