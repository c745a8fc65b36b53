package index

import (
	"bytes"
	"context"
	"io"
	"sort"
)

// Copy writes the bytes of a file from one offset up to another, as they stood
// in the bundle. What lies outside the file is left out.
func (c *Case) Copy(ctx context.Context, w io.Writer, f *File, from, to int64) error {
	if from = max(from, 0); from >= to {
		return nil
	}
	blocks := c.store.Blocks()
	var text []byte
	start := int64(0) // of the block in the file
	for i := c.firstBlock(f); i < len(blocks) && blocks[i].File == f.Num && start < to; i++ {
		end := start + int64(blocks[i].Size)
		if end > from {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			var err error
			if text, err = c.store.Text(i, text[:0]); err != nil {
				return err
			}
			part := text[max(from-start, 0):min(to-start, int64(len(text)))]
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		start = end
	}
	return nil
}

// Offset returns where in a file a line begins, counted from line 1; the size of
// the file if it has fewer lines.
func (c *Case) Offset(f *File, line int) (int64, error) {
	blocks := c.store.Blocks()
	start := int64(0)
	for i := c.firstBlock(f); i < len(blocks) && blocks[i].File == f.Num && line > 1; i++ {
		// The line begins behind the end of the one before it.
		if b := &blocks[i]; line-1 < b.Line+b.Lines {
			text, err := c.store.Text(i, nil)
			if err != nil {
				return 0, err
			}
			return start + int64(afterLines(text, line-b.Line)), nil
		}
		start += int64(blocks[i].Size)
	}
	return start, nil
}

// afterLines is the length of the first n lines of a text.
func afterLines(text []byte, n int) int {
	end := 0
	for ; n > 0; n-- {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			return len(text)
		}
		end += i + 1
	}
	return end
}

// firstBlock is the place of a file in the table of blocks.
func (c *Case) firstBlock(f *File) int {
	blocks := c.store.Blocks()
	return sort.Search(len(blocks), func(i int) bool { return blocks[i].File >= f.Num })
}
