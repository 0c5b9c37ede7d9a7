//go:build unix

package roll

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

// own tells whether what info describes is this user's, or root's.
func own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int64(stat.Uid) == int64(os.Geteuid()))
}

// inherited returns a file that this program was started with and that name is
// for, or nil. Whose it is does not matter, nor whether it is a regular one: who
// started the program chose it.
func inherited(name string) (*os.File, error) {
	fd := -1
	switch folder, last := filepath.Split(filepath.Clean(name)); {
	case folder == "/dev/" && last == "stdout":
		fd = 1
	case folder == "/dev/" && last == "stderr":
		fd = 2
	case folder == "/dev/fd/", folder == "/proc/self/fd/":
		n, err := strconv.Atoi(last)
		if err != nil {
			return nil, nil
		}
		fd = n
	default:
		return nil, nil
	}
	// Not opened again, which would write a regular file from its beginning.
	fd, err := syscall.Dup(fd)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name), nil
}
