"""Loads the receivers of the sign-in library's signals."""

from apps.accounts import watch

__all__ = ["watch"]
