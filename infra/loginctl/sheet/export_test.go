package sheet

// Prose is paragraph, for tests.
type Prose = paragraph

// Plain and Code are plain and code, for tests.
const Plain, Code = plain, code
