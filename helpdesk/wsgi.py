"""HTTP: Django's WSGI handler."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from common import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# A page asks the database a dozen times, and after each answer waits until another thread's page lets go:
# five milliseconds as Python comes, which is longer than most of what it waits for.
sys.setswitchinterval(0.0005)
garbage.settle(after=60)

application = get_wsgi_application()
