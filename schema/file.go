package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ErrNotRegular is the error of a path that is there and no regular file, such as a directory, a named pipe, a socket or a device.
var ErrNotRegular = errors.New("not a regular file")

// OpenFile opens the regular file at path, through links too, with the flags and permissions of [os.OpenFile]. It never waits: a
// named pipe could keep its reader for ever. What is no regular file gives an error that says what it is and wraps ErrNotRegular.
func OpenFile(path string, flag int, perm fs.FileMode) (*os.File, error) {
	return openRegular(path, os.Stat, func(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, perm) }, flag)
}

// openRegular opens a file by stat and open, which may be those of one directory. The look before the opening spares devices, which
// an opening can change. The look at what was opened holds, whatever has taken the file's place meanwhile.
func openRegular(
	path string, stat func(string) (fs.FileInfo, error), open func(string, int) (*os.File, error), flag int,
) (*os.File, error) {
	if info, err := stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}
	f, err := open(path, flag|syscall.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// notRegular says what a path leads to. It has the form of the errors of package os, so that callers treat both alike.
func notRegular(path string, info fs.FileInfo) error {
	what := "something else"
	switch mode := info.Mode(); {
	case mode.IsDir():
		what = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w: it is %s", ErrNotRegular, what)}
}
