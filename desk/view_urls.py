"""Addresses of views of one's own: making, arranging, filters, export."""

from django.urls import path

from desk.views import exports, filters, own_views

V = "views/<int:view_id>"

urlpatterns = [
    path("views/arrangement/", own_views.arrangement, name="view_arrangement"),
    path("views/order/", own_views.order, name="view_order"),
    path("views/new/", own_views.new_view, name="new_view"),
    path("views/conditions/", own_views.builder, name="view_builder"),
    path("views/options/", own_views.options, name="view_options"),
    path(f"{V}/definition/", own_views.definition, name="view_definition"),
    path(f"{V}/place/", own_views.place, name="view_place"),
    path(f"{V}/hiding/", own_views.hiding, name="view_hiding"),
    path(f"{V}/hiding/removal/", own_views.hiding_removal, name="view_hiding_removal"),
    path(f"{V}/deletion/", own_views.deletion, name="view_deletion"),
    path(f"{V}/deletion/removal/", own_views.deletion_removal, name="view_deletion_removal"),
    path(f"{V}/filters/", filters.filters, name="view_filters"),
    path(f"{V}/export/", exports.export, name="view_export"),
]
