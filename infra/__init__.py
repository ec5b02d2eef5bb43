"""Infrastructure: the deployed template, the CDN's rules, and the local stack that follows both."""
