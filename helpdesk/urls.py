"""Where everything is."""

from django.conf import settings
from django.urls import include, path

from helpdesk import health, setup_views

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("setup/", setup_views.setup, name="setup"),
    path("accounts/", include("allauth.account.urls")),
    path("", include("desk.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("demo/mail/", include("helpdesk.demo.urls")))
