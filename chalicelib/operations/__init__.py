"""What the application does, one use case a module: between the entry points (handlers) and the tables (models).

Operations decide nothing that a pure function of `domain` can decide, and know nothing of HTTP.
"""
