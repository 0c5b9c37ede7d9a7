package main

import (
	"context"
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/roll"
)

func TestHowAnImportEndsIsTrue(t *testing.T) {
	for _, row := range []struct {
		name        string
		sum         roll.Summary
		interrupted bool
		want        string
	}{
		{"at the beginning", roll.Summary{}, true, "interrupted before anything was done"},
		{"with the first rows under way", roll.Summary{InDoubt: 3}, true, "interrupted in the first lines, while 3 rows were being written, which may be there or not"},
		{"between two batches", roll.Summary{Rows: 100, Line: 101}, true, "interrupted at about line 101"},
		{"with rows under way", roll.Summary{Rows: 100, Line: 101, InDoubt: 3}, true, "interrupted at about line 101, while 3 rows were being written, which may be there or not"},
		{"by an error at once", roll.Summary{}, false, "no"},
		{"by an error with rows under way", roll.Summary{InDoubt: 1}, false, "ended in the first lines, while 1 rows were being written, which may be there or not: no"},
		{"by an error", roll.Summary{Rows: 100, Line: 101}, false, "ended at about line 101: no"},
		{"by an error behind its end", roll.Summary{Rows: 100, Line: 101, Complete: true}, false, "the import itself came to its end, in line 101; but then: no"},
		{"interrupted behind its end", roll.Summary{Rows: 100, Line: 101, Complete: true}, true, "the import itself came to its end, in line 101; but then: no"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.interrupted {
				cancel()
			}
			cmd := &cobra.Command{}
			cmd.SetContext(ctx)
			if err := new(accountImport).ended(cmd, &site{}, row.sum, errors.New("no")); err == nil || err.Error() != row.want {
				t.Errorf("%v, want %s", err, row.want)
			}
		})
	}
}
