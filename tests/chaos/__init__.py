"""Processes are killed while clients work; afterwards nothing may be lost or doubled."""
