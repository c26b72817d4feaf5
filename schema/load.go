package schema

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Limits of reading files.
const (
	// maxFileBytes fits about 40,000 agencies with five grants each.
	maxFileBytes  = 16 << 20
	maxTotalBytes = 64 << 20
	maxFiles      = 10_000
	// maxVisited bounds the walk through directories that hold other things than manifests.
	maxVisited = 200_000
)

// Source is the text of one manifest file.
type Source struct {
	// Name is what positions call it: the path as given, or "stdin".
	Name string
	Data []byte
}

// Load reads manifests. Each path is a regular file, a directory, or "-" for stdin, which "/dev/stdin" means too. Of a directory all
// files *.yaml and *.yml are read, in the order of their paths, those of its subdirectories included; names that begin with a dot
// are passed over. A file or directory that is reached twice is read once, so that a loop of links is harmless.
//
// A path that is given may be a link. A link inside a directory must lead to something inside it: whoever may commit a link could
// else have any file of this machine read.
//
// Every path that cannot be read, and every directory without a manifest, is named in the error. There may be at most
// 10,000 files of 64 MiB together; a single file beyond 16 MiB is cut there, and [Parse] tells it.
func Load(paths []string, stdin io.Reader) ([]Source, error) {
	l := loader{stdin: stdin, seen: map[string]bool{}}
	var errs []error
	for _, path := range paths {
		if err := l.path(path); err != nil {
			errs = append(errs, err)
			if errors.Is(err, errTooMuch) {
				break
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return l.sources, nil
}

// errTooMuch ends the reading: no further path can be read.
var errTooMuch = errors.New("too much to read")

type loader struct {
	stdin   io.Reader
	sources []Source
	seen    map[string]bool
	total   int
	visited int
}

func (l *loader) path(path string) error {
	if IsStdin(path) {
		if l.seen["-"] {
			return nil
		}
		l.seen["-"] = true
		if l.stdin == nil {
			return errors.New("read manifest: no standard input")
		}
		return l.read("stdin", l.stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if info.IsDir() {
		return l.directory(path)
	}
	if !info.Mode().IsRegular() { // a pipe of the shell has no path without links
		return fmt.Errorf("read manifest: %w", notRegular(path, info))
	}
	real, err := realPath(path)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	return l.file(path, real, func() (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) })
}

// IsStdin reports whether a path means standard input. The name of the device is taken for it on every system.
func IsStdin(path string) bool { return path == "-" || path == "/dev/stdin" }

// realPath is the absolute path of a file without links.
func realPath(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// file reads a file unless it was read before; real is its path without links.
func (l *loader) file(path, real string, open func() (*os.File, error)) error {
	if l.seen[real] {
		return nil
	}
	l.seen[real] = true
	f, err := open()
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	err = l.read(filepath.ToSlash(path), f)
	return errors.Join(err, f.Close())
}

func (l *loader) read(name string, r io.Reader) error {
	if len(l.sources) >= maxFiles {
		return fmt.Errorf("%w: more than %d manifest files", errTooMuch, maxFiles)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1)) // one byte more, so that Parse can tell
	if err != nil {
		return fmt.Errorf("read manifest %s: %w", name, err)
	}
	if l.total += len(data); l.total > maxTotalBytes {
		return fmt.Errorf("%w: manifests of more than %d MiB", errTooMuch, maxTotalBytes>>20)
	}
	l.sources = append(l.sources, Source{Name: name, Data: data})
	return nil
}
