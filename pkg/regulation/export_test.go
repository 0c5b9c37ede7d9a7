package regulation

// SourceOf is sourceOf.
var SourceOf = sourceOf

// MostOfSource is the bound on Limits.Source.
const MostOfSource = mostOfSource
