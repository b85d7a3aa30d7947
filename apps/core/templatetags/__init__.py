"""Template elements; `ops` is a builtin, so no template loads it."""
