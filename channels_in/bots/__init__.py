"""Bots: short flows that talk before a person does. ``engine`` is pure; channels bring it what was said.

A flow is plain data (``flow``); so is a conversation's state, which the channel keeps.
A new kind of step is a class in ``steps/`` and a line in ``registry``.
"""
