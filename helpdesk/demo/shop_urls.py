"""The demonstration's shops."""

from django.urls import path

from helpdesk.demo import shop

urlpatterns = [
    path("", shop.first, name="demo_shop_first"),
    path("<slug:slug>/", shop.shop, name="demo_shop"),
    path("<slug:slug>/sign-in/", shop.signing, name="demo_shop_signing"),
    path("<slug:slug>/<slug:product>/", shop.shop, name="demo_shop_product"),
]
