"""Addresses of the settings of macros."""

from django.urls import path

from desk.settings.views import macros

M = "macros/<int:macro_id>"

urlpatterns = [
    path("macros/", macros.macros, name="macros"),
    path("macros/new/", macros.new_macro, name="new_macro"),
    path("macros/order/", macros.macro_order, name="macro_order"),
    path(f"{M}/", macros.macro, name="macro"),
    path(f"{M}/move/", macros.macro_move, name="macro_move"),
    path(f"{M}/switch/", macros.macro_switch, name="macro_switch"),
]
