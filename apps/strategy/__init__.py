"""Objectives and key results across the company, initiatives, and the scan of what changes around it."""
