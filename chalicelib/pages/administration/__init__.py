"""Pages for administrators. They call what the REST API calls; the router refuses everybody else."""
