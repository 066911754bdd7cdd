"""Contacts and organisations at the desk: lists, pages, merging."""
