"""Long-running work that people ask for: rows with progress, cancel and result."""
