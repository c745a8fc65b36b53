//go:build !unix

package ops

import (
	"errors"
	"time"
)

func limitFiles(int) error { return errors.ErrUnsupported }

const canLimitFiles = false

// processorTime is not known here: only the limit on the time by the clock holds.
func processorTime() time.Duration { return 0 }
