"""Cases as event logs: XES and CSV read and written, and the figures of process mining, without a database."""
