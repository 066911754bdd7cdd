"""Verbs on people."""
