"""The visitors' end of the chat: sockets, and a long poll where sockets are blocked."""
