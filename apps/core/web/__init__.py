"""The generic screens: page models, views and their parts."""
