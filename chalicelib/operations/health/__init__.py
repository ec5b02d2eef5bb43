"""Whether what the application needs answers."""
