"""A Bot API server of our own, for demonstration and tests: real HTTP, Telegram's rules, no Telegram."""
