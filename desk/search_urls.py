"""Addresses of the search and of the command palette."""

from django.urls import path

from desk.views import palette, search

urlpatterns = [
    path("search/", search.search, name="search"),
    path("search/completions/", search.completions, name="search_completions"),
    path("search/recent/", search.recent, name="recent_searches"),
    path("search/recent/removal/", search.all_recent_removal, name="all_recent_removal"),
    path("search/recent/<int:search_id>/removal/", search.recent_removal, name="recent_removal"),
    path("palette/", palette.palette, name="palette"),
    path("palette/found/", palette.found, name="palette_found"),
]
