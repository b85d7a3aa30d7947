"""The screen door: middleware, frame and the generic pages of every noun."""
