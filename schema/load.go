package schema

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// Load reads manifests. Each path is a file, a directory, or "-" for stdin. Of a directory all files *.yaml and *.yml are read, in
// the order of their paths, those of its subdirectories included; names that begin with a dot are passed over, links to
// files are followed and links to directories are not, so that a loop is harmless. A file that is reached twice is read
// once.
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
	if path == "-" {
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
	return l.file(path)
}

func (l *loader) directory(root string) error {
	found := false
	walked := root
	if real, err := filepath.EvalSymlinks(root); err == nil && real != filepath.Clean(root) {
		walked = root + string(filepath.Separator) // WalkDir does not enter a root that is a link
	}
	err := filepath.WalkDir(walked, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if l.visited++; l.visited > maxVisited {
			return fmt.Errorf("%w: more than %d directory entries", errTooMuch, maxVisited)
		}
		hidden := path != walked && strings.HasPrefix(entry.Name(), ".")
		if entry.IsDir() {
			if hidden {
				return filepath.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(path); hidden || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		found = true
		return l.file(path)
	})
	if err != nil {
		return fmt.Errorf("read manifests in %s: %w", root, err)
	}
	if !found {
		return fmt.Errorf("read manifests in %s: no file *.yaml or *.yml in it", root)
	}
	return nil
}

func (l *loader) file(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if l.seen[real] {
		return nil
	}
	l.seen[real] = true
	f, err := os.Open(path)
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
