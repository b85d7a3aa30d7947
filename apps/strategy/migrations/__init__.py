"""Migrations of the strategy app."""
