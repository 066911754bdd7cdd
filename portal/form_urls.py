"""Forms outside the portal, under /forms/: on other sites, and the links of mails that confirm an address."""

from django.urls import path

from portal.views import embedding

urlpatterns = [
    path("embed.js", embedding.loader, name="form_loader"),
    path("preview/<str:token>/", embedding.preview, name="form_preview"),
    path("confirmation/<str:token>/", embedding.confirmation, name="form_confirmation"),
    path("<slug:key>/sent/<str:token>/", embedding.sent, name="form_sent"),
    path("<slug:key>/<slug:service>/", embedding.frame, name="form_frame"),
    path("<slug:key>/<slug:service>/post/", embedding.plain_post, name="form_post"),
]
