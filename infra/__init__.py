"""Infrastructure: the deployed template, the rules of the front, and the local stack that follows both."""
