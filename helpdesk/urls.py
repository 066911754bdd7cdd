"""Where everything is."""

from django.urls import include, path

from helpdesk import file_views, health, setup_views

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("setup/", setup_views.setup, name="setup"),
    path("files/<str:token>/<path:name>", file_views.file, name="file"),
    path("accounts/", include("allauth.account.urls")),
    path("", include("desk.urls")),
]
