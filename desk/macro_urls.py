"""Addresses of macros: in the composer, and the pages where one sets them up.

Those are not under /settings/, since every agent has macros of their own.
"""

from django.urls import path

from desk.settings.views import macros as pages
from desk.views import macros

M, T = "macros/<int:macro_id>", "tickets/<int:ticket_id>"

urlpatterns = [
    path("macros/", pages.macros, name="macros"),
    path("macros/new/", pages.new_macro, name="new_macro"),
    path("macros/order/", pages.macro_order, name="macro_order"),
    path(f"{M}/", pages.macro, name="macro"),
    path(f"{M}/move/", pages.macro_move, name="macro_move"),
    path(f"{M}/switch/", pages.macro_switch, name="macro_switch"),
    path(f"{M}/removal/", pages.macro_removal, name="macro_removal"),
    path(f"{T}/macros/", macros.macros, name="ticket_macros"),
    path(f"{T}/macros/<int:macro_id>/", macros.macro, name="ticket_macro"),
]
