"""All there is on a brand's own host (``portal.hosts``): its portal, and what a load balancer asks."""

from django.urls import include, path

from helpdesk import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("portal.urls")),
]
