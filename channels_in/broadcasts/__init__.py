"""One message to all who asked because of a problem: who gets it, what it says to each, sending it."""
