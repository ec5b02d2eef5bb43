"""An example channel with every kind of content, and a demo that takes it from chef to Kolibri."""
