"""The journal: every change of a ticket is one entry, and everything else follows from it."""
