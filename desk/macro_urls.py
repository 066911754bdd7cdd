"""Addresses of macros in the composer."""

from django.urls import path

from desk.views import macros

T = "tickets/<int:ticket_id>"

urlpatterns = [
    path(f"{T}/macros/", macros.macros, name="ticket_macros"),
    path(f"{T}/macros/<int:macro_id>/", macros.macro, name="ticket_macro"),
]
