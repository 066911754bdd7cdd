#!/usr/bin/env python
"""Django's command line.

Commands need the environment of an installation: ``make manage C="…"`` gives it to them on one machine.
"""

import os
import sys

from django.core.management import execute_from_command_line

# These touch neither database nor secrets, and work without an installation.
STANDALONE = {"parse_mail"}
PLACEHOLDERS = {
    "SECRET_KEY": "standalone",
    "FIELD_ENCRYPTION_KEYS": "",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    if len(sys.argv) > 1 and sys.argv[1] in STANDALONE:
        for name, value in PLACEHOLDERS.items():
            os.environ.setdefault(name, value)
    try:
        execute_from_command_line(sys.argv)
    finally:
        # What the command changed is told to open pages before its process ends.
        if (live := sys.modules.get("live.nudges")) is not None:
            live.messenger.finish(3)
