"""Addresses of the settings of roles."""

from django.urls import path

from desk.settings.views import roles

R = "roles/<int:role_id>"

urlpatterns = [
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.new_role, name="new_role"),
    path(f"{R}/", roles.role, name="role"),
    path(f"{R}/reset/", roles.role_reset, name="role_reset"),
    path(f"{R}/removal/", roles.role_removal, name="role_removal"),
]
