"""What workflows does by the clock."""
