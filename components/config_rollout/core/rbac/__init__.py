"""What each feature asks of the API server, and the smallest Role for it."""
