"""Statistics that two or more apps share, as pure functions without the ORM."""
