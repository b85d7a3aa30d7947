"""What happened to cases, decisions and rules."""
