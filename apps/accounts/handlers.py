"""Loads the receivers of the sign-in library's signals, and the question that sensitive verbs ask."""

from apps.accounts import stepup, watch

__all__ = ["stepup", "watch"]
