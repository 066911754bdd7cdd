"""Addresses of acts on several tickets, and of the jobs they make."""

from django.urls import path

from desk.views import bulk, selection

urlpatterns = [
    path("selection/assignment/", selection.assignment, name="selection_assignment"),
    path("selection/team/", selection.team, name="selection_team"),
    path("selection/status/", selection.status, name="selection_status"),
    path("selection/priority/", selection.priority, name="selection_priority"),
    path("selection/tags/", selection.tags, name="selection_tags"),
    path("selection/tags/removal/", selection.tag_removal, name="selection_tag_removal"),
    path("selection/snooze/", selection.snooze, name="selection_snooze"),
    path("selection/spam/", selection.spam, name="selection_spam"),
    path("selection/following/", selection.following, name="selection_following"),
    path("selection/menus/<slug:noun>/", selection.menu, name="selection_menu"),
    path("selection/whole/", selection.whole, name="selection_whole"),
    path("bulk/", bulk.jobs, name="bulk_jobs"),
    path("bulk/bar/", bulk.bar, name="bulk_bar"),
    path("bulk/<int:job_id>/", bulk.job, name="bulk_job"),
    path("bulk/<int:job_id>/cancellation/", bulk.cancellation, name="bulk_cancellation"),
    path("bulk/<int:job_id>/undo/", bulk.undo, name="bulk_undo"),
    path("bulk/<int:job_id>/dismissal/", bulk.dismissal, name="bulk_dismissal"),
]
