package roll_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"deskpro-login/infra/loginctl/roll"
)

func TestAFileIsThereOnceItIsWhole(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "people.csv")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		keep bool
		want string
	}{{"not before it is kept", false, "old"}, {"when it is kept", true, "new"}} {
		t.Run(row.name, func(t *testing.T) {
			file, err := roll.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteString("new"); err != nil {
				t.Fatal(err)
			}
			if row.keep {
				err = file.Keep()
			} else {
				file.Drop()
			}
			content, readErr := os.ReadFile(name)
			entries, _ := os.ReadDir(folder)
			if err != nil || readErr != nil || string(content) != row.want || len(entries) != 1 {
				t.Errorf("%v, %v, %q, %v", err, readErr, content, entries)
			}
			if info, err := os.Stat(name); err != nil || row.keep && info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

// By a pipe, not by a device, which a mistake here would replace.
func TestAFileThatIsNoRegularOneIsWrittenWhereItIs(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	name := fmt.Sprintf("/dev/fd/%d", write.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skipf("this system has no %s", name)
	}
	file, err := roll.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("x"); err != nil {
		t.Error(err)
	}
	if err := errors.Join(file.Keep(), write.Close()); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(read); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFileInNoFolderIsAnError(t *testing.T) {
	if _, err := roll.Create(filepath.Join(t.TempDir(), "no", "folder")); err == nil {
		t.Error("it was made")
	}
}
