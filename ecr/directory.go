// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The modes of what a build writes.
const (
	executable = 0o755
	readable   = 0o644
	ownerRuns  = 0o100
)

// deletes is how the names begin that a layer uses to delete what is beneath.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const deletes = ".wh."

// write writes the layer, in the order of names. Nothing outside the directory is
// read, whatever links there are.
func (d directory) write(w *tar.Writer) error {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return fmt.Errorf("directory %s: %w", d.path, err)
	}
	at := strings.TrimPrefix(path.Clean("/"+filepath.ToSlash(d.at)), "/")
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		return writeEntry(w, root, name, path.Join(at, name), entry)
	})
	if err = closing(err, root); err != nil {
		return fmt.Errorf("directory %s: %w", d.path, err)
	}
	return nil
}

// writeEntry writes one entry of a directory under a name of the image.
func writeEntry(w *tar.Writer, root *os.Root, name, target string, entry fs.DirEntry) error {
	if strings.HasPrefix(entry.Name(), deletes) {
		return fmt.Errorf("%s: a layer cannot hold it: names that begin with %s delete files of the base", name, deletes)
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: target + "/", Mode: executable, ModTime: epoch()})
	case info.Mode()&fs.ModeSymlink != 0:
		return writeLink(w, root, name, target)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is neither a file, a directory nor a link", name)
	}
	mode := int64(readable)
	if info.Mode()&ownerRuns != 0 {
		mode = executable
	}
	return writeFile(w, target, mode, func() (io.ReadCloser, int64, error) {
		f, err := root.Open(name)
		return f, info.Size(), err
	})
}

// writeLink keeps a symbolic link that stays within its directory.
func writeLink(w *tar.Writer, root *os.Root, name, target string) error {
	to, err := root.Readlink(name)
	if err != nil {
		return err
	}
	to = filepath.ToSlash(to)
	if path.IsAbs(to) || filepath.IsAbs(to) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), to))) {
		return fmt.Errorf("link %s leads out of the directory, to %s", name, to)
	}
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: target, Linkname: to, Mode: 0o777, ModTime: epoch()})
}

// writeFile writes a file of root's.
func writeFile(w *tar.Writer, target string, mode int64, open func() (io.ReadCloser, int64, error)) error {
	r, size, err := open()
	if err != nil {
		return err
	}
	err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: target, Size: size, Mode: mode, ModTime: epoch()})
	if err == nil {
		_, err = io.Copy(w, r)
	}
	return closing(err, r)
}

// tars compresses n layers.
func (s *spool) tars(ctx context.Context, n int, write func(i int) func(*tar.Writer) error) ([]*spooled, error) {
	layers := make([]*spooled, n)
	err := s.each(ctx, n, func(ctx context.Context, i int) (err error) {
		layers[i], err = s.tar(ctx, write(i))
		return err
	})
	return layers, err
}

// tar compresses what write writes.
func (s *spool) tar(ctx context.Context, write func(*tar.Writer) error) (*spooled, error) {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := tar.NewWriter(w)
		err := write(t)
		if err == nil {
			err = t.Close()
		}
		w.CloseWithError(err)
	}()
	l, err := s.compress(ctx, r, types.OCILayer)
	err = closing(err, r)
	<-done
	return l, err
}
