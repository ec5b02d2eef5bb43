"""An example channel with one of every kind of content, and the demo that takes it from chef to Kolibri."""
