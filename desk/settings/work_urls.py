"""Addresses of the settings of custom fields and SLA policies."""

from django.urls import path

from desk.settings.views import custom_fields, policies

F, S = "fields/<int:field_id>", "sla/<int:policy_id>"

urlpatterns = [
    path("fields/", custom_fields.custom_fields, name="custom_fields"),
    path("fields/new/", custom_fields.new_custom_field, name="new_custom_field"),
    path("fields/order/", custom_fields.custom_field_order, name="custom_field_order"),
    path(f"{F}/", custom_fields.custom_field, name="custom_field"),
    path(f"{F}/move/", custom_fields.custom_field_move, name="custom_field_move"),
    path("sla/", policies.policies, name="sla_policies"),
    path("sla/new/", policies.new_policy, name="new_sla_policy"),
    path("sla/order/", policies.policy_order, name="sla_policy_order"),
    path("sla/draft/", policies.policy_draft, name="sla_policy_draft"),
    path(f"{S}/", policies.policy, name="sla_policy"),
    path(f"{S}/move/", policies.policy_move, name="sla_policy_move"),
    path(f"{S}/switch/", policies.policy_switch, name="sla_policy_switch"),
    path(f"{S}/copy/", policies.policy_copy, name="sla_policy_copy"),
]
