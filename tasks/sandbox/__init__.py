"""A small world on this machine to rehearse in: GitHub, an OCI registry, a repository with a chart."""
