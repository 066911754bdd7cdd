"""Addresses under /settings/ of rules, and of the builder of conditions."""

from django.urls import path

from desk.settings.views import conditions

urlpatterns = [
    path("conditions/", conditions.builder, name="condition_builder"),
    path("options/", conditions.options, name="setting_options"),
]
