"""Addresses of a brand's portal, under /portal/<its name>/ or on its own host. Nouns, as at the desk."""

from django.urls import path

from portal.views import frame, home, signing

urlpatterns = [
    path("", home.home, name="portal_home"),
    path("logo/<slug:mark>/", frame.logo, name="portal_logo"),
    path("sign-in/", signing.sign_in, name="portal_sign_in"),
    path("sign-in/code/", signing.code, name="portal_code"),
    path("sign-out/", signing.sign_out, name="portal_sign_out"),
    path("language/", frame.language, name="portal_language"),
    path("theme/", frame.theme, name="portal_theme"),
]
