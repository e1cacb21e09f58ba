"""A throw-away sandbox to rehearse in: GitHub, an OCI registry and a repository with a chart."""
