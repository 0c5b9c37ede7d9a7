package roll

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is one that nobody but its owner may read, and that is there under its
// name only once it is whole. A program that is killed leaves what it wrote so
// far beside it, under the name with a dot before it and a number behind it.
type File struct {
	*os.File
	name string // empty for one that is written where it is, such as a pipe
	kept bool
}

// Create begins a file. Keep or Drop ends it; Drop after Keep does nothing.
//
// What it is given holds passwords, and the folder may be open to others, as
// /tmp is. So nothing is written to a file that is there: a regular one, or a
// symbolic link, is replaced. Only a pipe or a device is written where it is, if
// it is the caller's or root's, and what the caller was started with, as
// /dev/stdout.
func Create(name string) (*File, error) {
	switch file, err := inherited(name); {
	case err != nil:
		return nil, err
	case file != nil:
		return &File{File: file}, nil
	}
	there, err := os.Lstat(name)
	switch {
	case err != nil: // a new one, or one that cannot be made either
	case there.Mode().IsRegular():
	case !own(there): // before an open that could wait for its reader for ever
		return nil, errForeign
	case there.Mode()&fs.ModeSymlink == 0:
		return inPlace(name)
	}
	// CreateTemp's mode is 0600.
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, fmt.Errorf("making a file: %w", err)
	}
	return &File{File: file, name: name}, nil
}

var errForeign = errors.New("what is there is neither a file nor yours")

// inPlace opens a pipe or a device. What was found under its name may have been
// replaced since, so it judges what it has opened.
func inPlace(name string) (*File, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return nil, fmt.Errorf("opening a file to write: %w", err)
	}
	there, err := file.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("opening a file to write: %w", err)
	case there.Mode().IsRegular() || !own(there):
		err = errForeign
	default:
		return &File{File: file}, nil
	}
	_ = file.Close()
	return nil, err
}

// Keep puts the file in place of what was under its name. Where it fails nothing
// is left but what was there.
func (f *File) Keep() error {
	f.kept = true
	if f.name == "" {
		return f.Close()
	}
	err := errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.File.Name(), f.name)
	}
	if err != nil {
		_ = os.Remove(f.File.Name())
		return fmt.Errorf("keeping the file %s: %w", f.name, err)
	}
	return nil
}

// Drop leaves what was there.
func (f *File) Drop() {
	if f.kept {
		return
	}
	_ = f.Close()
	if f.name != "" {
		_ = os.Remove(f.File.Name())
	}
}
