"""Who may see and do what: the matrix, a person's rights, the current scope, the database's own wall."""
