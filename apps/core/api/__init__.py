"""The API door: the same resources and actions as the screens, over HTTP."""
