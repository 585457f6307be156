// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

const (
	// block is the unit of parallel compression, in bytes, and window how far
	// DEFLATE looks back. They decide about the compressed bytes, so that the same
	// layer has the same digest everywhere.
	block  = 256 << 10
	window = 32 << 10
	// maxPieces is how many blocks of a layer are in memory at most, and maxPackers
	// how many layers are compressed at a time: each one is compressed on all
	// processors, so that more would only take memory.
	maxPieces  = 8
	maxPackers = 2
)

// packer compresses as gzip does, several blocks at a time. What it needs for that
// it keeps, so that its memory is the same for any size.
type packer struct{ free chan *piece }

// piece is a block on its way.
type piece struct {
	in, dictionary []byte
	out            bytes.Buffer
	flate          *flate.Writer
	done           chan error
}

func newPacker() (*packer, error) {
	n := min(runtime.GOMAXPROCS(0)+1, maxPieces)
	p := &packer{free: make(chan *piece, n)}
	for range n {
		f, err := flate.NewWriterDict(io.Discard, flate.BestSpeed, nil)
		if err != nil {
			return nil, err
		}
		p.free <- &piece{in: make([]byte, block), dictionary: make([]byte, 0, window), flate: f, done: make(chan error, 1)}
	}
	return p, nil
}

// The beginning of a gzip file (no name, no time, fastest, no system) and the end
// of its data: an empty last block.
const (
	gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
	gzipEnd    = "\x03\x00"
)

// pack compresses what r has.
func (p *packer) pack(w io.Writer, r io.Reader) error {
	pieces, sum := make(chan *piece, cap(p.free)), crc32.NewIEEE()
	var (
		failed  atomic.Bool
		size    int64
		readErr error
	)
	go func() {
		defer close(pieces)
		size, readErr = p.cut(io.TeeReader(r, sum), pieces, &failed)
	}()
	_, err := io.WriteString(w, gzipHeader)
	for c := range pieces {
		err = errors.Join(err, <-c.done)
		if err == nil {
			_, err = w.Write(c.out.Bytes())
		}
		failed.Store(err != nil)
		p.free <- c
	}
	if err := errors.Join(readErr, err); err != nil {
		return err
	}
	const modulo = 1<<32 - 1
	end := binary.LittleEndian.AppendUint32([]byte(gzipEnd), sum.Sum32())
	_, err = w.Write(binary.LittleEndian.AppendUint32(end, uint32(size&modulo))) // the format has the size modulo 2^32
	return err
}

// cut reads blocks and has each one compressed, until the end or a failure.
func (p *packer) cut(r io.Reader, to chan<- *piece, failed *atomic.Bool) (size int64, err error) {
	tail := make([]byte, 0, window)
	for !failed.Load() {
		c := <-p.free
		n, err := io.ReadFull(r, c.in[:block])
		c.in, c.dictionary = c.in[:n], append(c.dictionary[:0], tail...)
		tail = append(tail[:0], c.in[max(0, n-window):]...)
		size += int64(n)
		to <- c
		go func() { c.done <- c.compress() }()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
	return size, nil
}

// compress makes whole blocks of DEFLATE that end at a byte.
func (c *piece) compress() error {
	c.out.Reset()
	if len(c.in) == 0 {
		return nil
	}
	c.flate.ResetDict(&c.out, c.dictionary)
	if _, err := c.flate.Write(c.in); err != nil {
		return err
	}
	return c.flate.Flush()
}
