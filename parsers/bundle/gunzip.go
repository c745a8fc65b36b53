package bundle

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A gunzip reads all members of a gzip stream. What follows the last one and
// is no gzip member (padding of a tape block, the rest of a larger file that
// was written over) is left out and said so; it is no damage.
type gunzip struct {
	br *bufio.Reader
	z  *gzip.Reader
}

func newGunzip(br *bufio.Reader) (*gunzip, error) {
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gunzip{br: br, z: z}, nil
}

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
}

// next goes to the next member; io.EOF if there is none.
func (g *gunzip) next() error {
	head, err := g.br.Peek(3)
	if len(head) == 0 {
		return err
	}
	if sniff(head) != kindGzip {
		n, err := io.Copy(io.Discard, g.br)
		if err != nil {
			return err
		}
		return &limit{missing: n, reason: "bytes after the end of the gzip data"}
	}
	if err := g.z.Reset(g.br); err != nil {
		return err
	}
	g.z.Multistream(false)
	return nil
}
