//go:build !unix

package ops

import "errors"

func limitFiles(int) error { return errors.ErrUnsupported }

const canLimitFiles = false
