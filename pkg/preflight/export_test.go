package preflight

// Succeeded and Failed are succeeded and failed, for tests.
const Succeeded, Failed = succeeded, failed
