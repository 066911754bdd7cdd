"""Tools of this repository: set-up, checks, translations."""
