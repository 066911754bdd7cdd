"""Addresses of problems, the causes of tickets, and of messages to all who asked because of one."""

from django.urls import path

from desk.views import broadcasts, problem_ends, problem_links, problems

P = "problems/<int:problem_id>"
B = "broadcasts/<int:broadcast_id>"

urlpatterns = [
    path("problems/", problems.problems, name="problems"),
    path("problems/new/", problems.new_problem, name="new_problem"),
    path(f"{P}/", problems.problem, name="problem"),
    path(f"{P}/details/", problems.details, name="problem_details"),
    path(f"{P}/stage/", problems.stage, name="problem_stage"),
    path(f"{P}/deletion/", problem_ends.deletion, name="problem_deletion"),
    path(f"{P}/merging/", problem_ends.merging, name="problem_merging"),
    path("problems/merges/<int:job_id>/stop/", problem_ends.merging_stop, name="problem_merging_stop"),
    path(f"{P}/message/", broadcasts.message, name="problem_message"),
    path(f"{P}/message/preview/", broadcasts.preview, name="problem_message_preview"),
    path(f"{B}/", broadcasts.broadcast, name="broadcast"),
    path(f"{B}/stopping/", broadcasts.stopping, name="broadcast_stopping"),
    path(f"{B}/stopping/removal/", broadcasts.stopping_removal, name="broadcast_stopping_removal"),
    path("tickets/<int:ticket_id>/problem/", problem_links.problem, name="ticket_problem"),
    path("tickets/<int:ticket_id>/problem/removal/", problem_links.removal, name="ticket_problem_removal"),
]
