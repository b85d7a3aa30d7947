"""The only writers of workflows tables."""
