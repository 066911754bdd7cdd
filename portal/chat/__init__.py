"""The chat's pages on the web: the loader's script, the frame, a session's beginning, files."""
