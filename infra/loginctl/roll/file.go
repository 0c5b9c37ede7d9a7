package roll

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is one that nobody but its owner may read, and that is there under its
// name only once it is whole.
type File struct {
	*os.File
	name string // empty for one that is written where it is, such as a pipe
	kept bool
}

// Create begins a file. Keep or Drop ends it; Drop after Keep does nothing.
func Create(name string) (*File, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		// A pipe, or a device: never to be replaced.
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("opening a file to write: %w", err)
		}
		return &File{File: file}, nil
	}
	if there, err := filepath.EvalSymlinks(name); err == nil {
		name = there
	}
	// CreateTemp's mode is 0600.
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, fmt.Errorf("making a file: %w", err)
	}
	return &File{File: file, name: name}, nil
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
