"""Makers of test data through the services, so that tests start from states the platform can really reach."""
