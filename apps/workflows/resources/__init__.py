"""Nouns of workflows at both doors."""
