"""HTTP: Django's WSGI handler."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

# A page asks the database a dozen times, and after each answer waits until another thread's page lets go:
# five milliseconds as Python comes, which is longer than most of what it waits for.
sys.setswitchinterval(0.0005)

application = get_wsgi_application()

# What is loaded by now, all pages among it, stays as long as the process. Looking through it for garbage
# takes a tenth of a second, in which no page goes on.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
