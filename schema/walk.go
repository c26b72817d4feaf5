package schema

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tree reads the manifests of one directory. All files are opened through root, which the operating system holds to the directory,
// also where a link changes while it is read.
type tree struct {
	*loader
	root *os.Root
	// real is the path of the directory without links.
	real  string
	found bool
}

// directory reads the manifests of a directory and of all below it.
func (l *loader) directory(path string) error {
	t := tree{loader: l}
	var err error
	if t.real, err = realPath(path); err == nil {
		t.root, err = os.OpenRoot(t.real)
	}
	if err == nil {
		err = errors.Join(t.walk(path, t.real), t.root.Close())
	}
	if err != nil {
		return fmt.Errorf("read manifests in %s: %w", path, err)
	}
	if !t.found {
		return fmt.Errorf("read manifests in %s: no file *.yaml or *.yml in it; name the folder that holds them", path)
	}
	return nil
}

// walk reads the directory whose path without links is real. All errors of its entries are returned.
func (t *tree) walk(path, real string) error {
	if t.seen[real] {
		t.found = true // it was read with another path
		return nil
	}
	t.seen[real] = true
	f, err := t.root.Open(t.inside(real))
	if err != nil {
		return err
	}
	entries, err := f.ReadDir(maxVisited + 1)
	if errors.Is(err, io.EOF) { // it is empty
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if t.visited += len(entries); t.visited > maxVisited {
		return fmt.Errorf("%w: more than %d directory entries", errTooMuch, maxVisited)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var errs []error
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		err := t.entry(filepath.Join(path, entry.Name()), filepath.Join(real, entry.Name()), entry.Type())
		if errors.Is(err, errTooMuch) {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// entry reads what stands at a path, if it is a manifest or a directory.
func (t *tree) entry(path, real string, kind fs.FileMode) error {
	ext := filepath.Ext(path)
	manifest := ext == ".yaml" || ext == ".yml"
	if kind&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err == nil {
			kind = info.Mode().Type()
			real, err = realPath(path)
		}
		switch {
		case err != nil && manifest:
			return err
		case err != nil || !manifest && !kind.IsDir():
			return nil
		case !t.holds(real):
			return fmt.Errorf("%s is a link that leads out of the directory; put what it leads to there, or name that path by itself", path)
		}
	}
	switch {
	case kind.IsDir():
		return t.walk(path, real)
	case !manifest:
		return nil
	}
	t.found = true
	return t.file(path, real, func() (*os.File, error) {
		inside := t.inside(real)
		f, err := openRegular(inside, t.root.Stat, func(name string, flag int) (*os.File, error) {
			return t.root.OpenFile(name, flag, 0)
		}, os.O_RDONLY)
		var at *fs.PathError
		if errors.As(err, &at) {
			at.Path = path
		}
		return f, err
	})
}

// inside returns a path below real in the form that the root takes.
func (t *tree) inside(real string) string {
	name, err := filepath.Rel(t.real, real)
	if err != nil {
		return real // no path in a root begins like this, so that opening it fails
	}
	return name
}

// holds reports whether a path without links is that of the directory, or below it.
func (t *tree) holds(real string) bool { return filepath.IsLocal(t.inside(real)) }
