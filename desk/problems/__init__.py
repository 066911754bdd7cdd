"""Problems at the desk: forms, pages of the list, what the page of one shows."""
