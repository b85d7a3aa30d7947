"""Pure parts of automation: triggers, conditions, values of steps, pauses between attempts."""
