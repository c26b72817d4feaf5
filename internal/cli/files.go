package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// readFile reads a regular file of at most limit bytes. A larger one is an error.
func readFile(path string, limit int) ([]byte, error) {
	f, err := schema.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fileError(path, err)
	}
	if len(text) > limit {
		return nil, fmt.Errorf("%s is larger than %s", path, size(limit))
	}
	return text, nil
}

// openAppend opens a regular file to append to, and makes it where there is none.
func openAppend(path string) (*os.File, error) {
	f, err := schema.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s: its directory does not exist", path)
	}
	return f, err
}

// writeNew writes a file that is not there yet.
func writeNew(path string, text []byte, mode os.FileMode) error {
	f, err := schema.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		return inTheWay(path)
	}
	if err != nil {
		return fmt.Errorf("--out: %w", fileError(path, err))
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fileError(path, err)
	}
	return nil
}

func inTheWay(path string) error {
	return withHint("name another one, or move it away", "--out: %s is there already, and nothing is overwritten", path)
}

// fileError returns the error of a file without the name of the system call.
func fileError(path string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// size writes a limit in whole MiB, or else in KiB.
func size(limit int) string {
	if limit%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", limit>>20)
	}
	return fmt.Sprintf("%d KiB", limit>>10)
}

// untilDone is a reader that reads until its context ends. A read from a terminal or a pipe cannot be cancelled: it is left behind, and
// what it reads then is lost.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text := make([]byte, len(p)) // p is the caller's again once Read has returned
		n, err := u.r.Read(text)
		read <- result{text[:n], err}
	}()
	select {
	case <-u.ctx.Done():
		return 0, providers.ContextError(u.ctx, u.ctx.Err())
	case got := <-read:
		return copy(p, got.text), got.err
	}
}
