"""Verbs: each declared once, with its form, right and service, used by button, API, bulk run and automation alike."""
