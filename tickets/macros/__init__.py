"""Macros: ready texts with variables, and what is to be done with the ticket when one is sent."""
