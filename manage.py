#!/usr/bin/env python
"""The door to the platform's commands; it fills in the embedded servers' addresses before settings are read."""

import os
import sys

from django.core.management import execute_from_command_line

from apps.core.embedded.environment import fill_environment
from apps.core.errors import Refused


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
    try:
        fill_environment(create=bool({"up", "restore", "doctor"} & set(sys.argv[1:2])))
    except Refused as refused:
        sys.exit(str(refused))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
