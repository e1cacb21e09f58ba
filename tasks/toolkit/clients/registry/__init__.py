"""The OCI registry, through its HTTP API."""
