"""Addresses of the settings of custom fields, statuses, tags and SLA policies."""

from django.urls import path

from desk.settings.views import custom_fields, policies, statuses, tags

F, S = "fields/<int:field_id>", "sla/<int:policy_id>"
ST, TG = "statuses/<int:status_id>", "tags/<int:tag_id>"

urlpatterns = [
    path("fields/", custom_fields.custom_fields, name="custom_fields"),
    path("fields/new/", custom_fields.new_custom_field, name="new_custom_field"),
    path("fields/order/", custom_fields.custom_field_order, name="custom_field_order"),
    path(f"{F}/", custom_fields.custom_field, name="custom_field"),
    path(f"{F}/move/", custom_fields.custom_field_move, name="custom_field_move"),
    path("statuses/", statuses.statuses, name="statuses"),
    path("statuses/new/", statuses.new_status, name="new_status"),
    path("statuses/order/<int:category>/", statuses.status_order, name="status_order"),
    path(f"{ST}/", statuses.status, name="status_settings"),
    path(f"{ST}/move/", statuses.status_move, name="status_move"),
    path(f"{ST}/switch/", statuses.status_switch, name="status_switch"),
    path(f"{ST}/default/", statuses.status_default, name="status_default"),
    path("tags/", tags.tags, name="tags_settings"),
    path("tags/jobs/", tags.tag_jobs, name="tag_jobs"),
    path("tags/jobs/<int:job_id>/stop/", tags.tag_job_stop, name="tag_job_stop"),
    path(f"{TG}/", tags.tag, name="tag_settings"),
    path(f"{TG}/merging/", tags.tag_merging, name="tag_merging"),
    path(f"{TG}/removal/", tags.tag_removal, name="tag_settings_removal"),
    path("sla/", policies.policies, name="sla_policies"),
    path("sla/new/", policies.new_policy, name="new_sla_policy"),
    path("sla/order/", policies.policy_order, name="sla_policy_order"),
    path("sla/draft/", policies.policy_draft, name="sla_policy_draft"),
    path(f"{S}/", policies.policy, name="sla_policy"),
    path(f"{S}/move/", policies.policy_move, name="sla_policy_move"),
    path(f"{S}/switch/", policies.policy_switch, name="sla_policy_switch"),
    path(f"{S}/copy/", policies.policy_copy, name="sla_policy_copy"),
]
