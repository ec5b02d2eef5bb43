"""Pages for people: views of the operations that the API has, too. No rule lives here or in a template."""
