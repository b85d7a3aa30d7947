"""The platform through a real browser, with a real worker behind it."""
