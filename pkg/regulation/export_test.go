package regulation

// SourceOf is sourceOf.
var SourceOf = sourceOf
