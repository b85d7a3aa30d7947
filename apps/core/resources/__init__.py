"""Nouns at their doors: each declared once; screens, API, export, import, search and conformity tests follow from it."""
