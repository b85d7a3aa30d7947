"""What comms shows elsewhere: the slots around records and the bell."""

from apps.comms import panels

__all__ = ["panels"]
