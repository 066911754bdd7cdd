"""Where everything is."""

from django.conf import settings
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from desk.navigation import STOPS, Stop
from helpdesk import health, setup_views
from people.access import Permission

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("setup/", setup_views.setup, name="setup"),
    # Addresses are the administrator's to change: whose mail is a colleague's is told by them.
    path("accounts/email/", RedirectView.as_view(pattern_name="profile")),
    path("accounts/", include("allauth.account.urls")),
    path("chat/", include("portal.chat.urls")),
    path("portal/<slug:slug>/", include("portal.urls")),
    path("forms/", include("portal.form_urls")),
    path("", include("api.urls")),
    path("", include("desk.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("demo/mail/", include("helpdesk.demo.urls")))
    urlpatterns.append(path("demo/shop/", include("helpdesk.demo.shop_urls")))
    urlpatterns.append(path("demo/telegram/", include("helpdesk.demo.telegram.urls")))
    names = ("post_office", "post_office_mail")
    STOPS.append(Stop("post_office", "mail-opened", _("Post office"), (Permission.READ,), names))
    telegram = Stop("demo_telegram", "brand-telegram", "Telegram", (Permission.READ,), ("demo_telegram",))
    STOPS.append(telegram)
