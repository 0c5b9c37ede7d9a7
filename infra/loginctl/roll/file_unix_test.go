//go:build unix

package roll_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"deskpro-login/infra/loginctl/roll"
)

const somebodyElse = 54321

// planted makes a pipe that takes what is written to it without a reader.
func planted(t *testing.T, name string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o666); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	return pipe
}

func write(name, text string) error {
	file, err := roll.Create(name)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Keep())
}

func TestALinkIsReplacedAndNotFollowed(t *testing.T) {
	for _, row := range []struct {
		name string
		make func(t *testing.T, target string)
	}{
		{"to a file", func(t *testing.T, target string) {
			if err := os.WriteFile(target, []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
		}},
		{"to a pipe", func(t *testing.T, target string) { planted(t, target) }},
		{"to nothing", func(*testing.T, string) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			target, link := filepath.Join(folder, "target"), filepath.Join(folder, "people.csv")
			row.make(t, target)
			before, beforeErr := os.Lstat(target)
			if err := os.Symlink("target", link); err != nil {
				t.Fatal(err)
			}
			if err := write(link, "hashes"); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o600 {
				t.Errorf("in place of the link: %v, %v", info, err)
			}
			after, afterErr := os.Lstat(target)
			if (beforeErr == nil) != (afterErr == nil) || beforeErr == nil && (!os.SameFile(before, after) || after.Size() != before.Size()) {
				t.Errorf("what it led to: %v, %v", after, afterErr)
			}
		})
	}
}

func TestAPipeOfOnesOwnIsWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	pipe := planted(t, name)
	if err := write(name, "hashes"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	if n, err := pipe.Read(got); err != nil || string(got[:n]) != "hashes" {
		t.Errorf("%q, %v", got[:n], err)
	}
}

func TestNothingIsWrittenToWhatSomebodyElsePlanted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	folder := t.TempDir()
	name, link := filepath.Join(folder, "pipe"), filepath.Join(folder, "link")
	pipe := planted(t, name)
	err := errors.Join(os.Chown(name, somebodyElse, -1), os.Symlink("nowhere", link), os.Lchown(link, somebodyElse, -1))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{name, link} {
		if err := write(name, "hashes"); err == nil {
			t.Errorf("%s was written", filepath.Base(name))
		}
	}
	conn, err := pipe.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = conn.Read(func(fd uintptr) bool { // os.File would wait
		if n, err := syscall.Read(int(fd), make([]byte, 100)); !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("%d bytes are in the pipe, %v", n, err)
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("the link: %v, %v", info, err)
	}
}

func TestWhatTheProgramWasStartedWithIsWrittenWhereItIs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "people.csv")
	given, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer given.Close()
	if _, err := given.WriteString("before, "); err != nil {
		t.Fatal(err)
	}
	if err := write(fmt.Sprintf("/dev/fd/%d", given.Fd()), "hashes"); err != nil {
		t.Fatal(err)
	}
	if _, err := given.WriteString(", after"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, []byte("before, hashes, after")) {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"/dev/fd/98765", "/dev/fd/x"} {
		if err := write(name, "hashes"); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}
