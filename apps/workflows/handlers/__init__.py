"""Reactions of cases and rules to facts."""
