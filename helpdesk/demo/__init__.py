"""The demonstration: a believable company, its post office, and the page where one plays the customer."""
