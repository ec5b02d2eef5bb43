"""The small app's accounts, where the stack looks for them."""
