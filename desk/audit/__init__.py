"""The audit of changes: who changed what in the settings and about people, read from the journal.

``things`` knows what entries are about, ``sentences`` what happened to them, ``details`` the old and new
values (``fields``: what they are called, ``versions``: what a new one of a rule, say, does otherwise),
``reading`` filters and pages. Nothing here writes.
"""
