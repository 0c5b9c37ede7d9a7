package roll

import "fmt"

// Problem is a row that was not taken.
type Problem struct {
	// Line is the row's first physical line, Last its last.
	Line, Last int
	// Reason holds no value of the row.
	Reason string
}

func (p Problem) String() string {
	if p.Last > p.Line {
		return fmt.Sprintf("lines %d to %d: %s", p.Line, p.Last, p.Reason)
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
}

// Act is what is done to one account.
type Act struct {
	// ID is the account's.
	ID string
	// Added: it is a new one. Otherwise Changes names the columns that change.
	Added   bool
	Changes []string
	// Disabled is what it is afterwards.
	Disabled bool
	// Leaves: its sessions are ended.
	Leaves bool
}

// Summary is what an import did, or would do.
type Summary struct {
	Applied bool `json:"applied"`
	// Complete: the file was read to its end.
	Complete bool `json:"complete"`
	// Rows is the sum of the six that follow.
	Rows      int `json:"rows"`
	Added     int `json:"added"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	// Skipped are accounts that differ, left alone as Skip says.
	Skipped int `json:"skipped"`
	// Conflicts are rows that are good in themselves, but not together with what
	// the directory has.
	Conflicts int `json:"conflicts"`
	Bad       int `json:"bad"`
	// Unverified and NoPassword are among Added: people who cannot sign in before
	// their address is verified, or they are given a password.
	Unverified int `json:"unverified"`
	NoPassword int `json:"no_password"`
	// InDoubt are rows that are not among Rows: they were being written when the
	// import ended, and whether they were is not known.
	InDoubt int `json:"in_doubt"`
	// Line is the last that was dealt with. Unless Complete, up to a batch before
	// it may not have been.
	Line int `json:"line"`
	// Bytes are those that were read.
	Bytes int64 `json:"bytes"`
	// Throttled is how often the directory asked to slow down.
	Throttled int     `json:"throttled"`
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"rows_per_second"`
}

// Refused is how many rows were not taken.
func (s Summary) Refused() int { return s.Conflicts + s.Bad }
