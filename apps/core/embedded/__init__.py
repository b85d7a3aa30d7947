"""The servers the platform brings along, so that one command on a fresh machine is enough."""
