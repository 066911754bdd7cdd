"""Addresses of the settings of custom fields and SLA policies."""

from django.urls import path

from desk.settings.views import custom_fields

F = "fields/<int:field_id>"

urlpatterns = [
    path("fields/", custom_fields.custom_fields, name="custom_fields"),
    path("fields/new/", custom_fields.new_custom_field, name="new_custom_field"),
    path("fields/order/", custom_fields.custom_field_order, name="custom_field_order"),
    path(f"{F}/", custom_fields.custom_field, name="custom_field"),
    path(f"{F}/move/", custom_fields.custom_field_move, name="custom_field_move"),
]
