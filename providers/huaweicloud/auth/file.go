package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxFileBytes bounds a file with credentials; a longer one is not one.
const maxFileBytes = 1 << 20

// readFile reads a whole file; exists is false when there is none. Other than regular files are refused, because
// opening a pipe could wait for ever.
func readFile(path string) (data []byte, exists bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("%w: %w", ErrUnusable, err)
	case !info.Mode().IsRegular():
		return nil, false, fmt.Errorf("%w: %s is not a file", ErrUnusable, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	if len(data) > maxFileBytes {
		return nil, false, fmt.Errorf("%w: %s is larger than %d bytes", ErrUnusable, path, maxFileBytes)
	}
	return data, true, nil
}

// home returns the home directory as the environment names it, "" when it does not.
func (s search) home() string {
	home, _ := s.value([]string{"HOME", "USERPROFILE"})
	return home
}
