"""Writing records: create, change, archive, with version check, event and search entry in one transaction."""
