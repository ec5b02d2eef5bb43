"""HTML: templates, how values are written in them, styles and scripts. It knows neither requests nor stored data."""
