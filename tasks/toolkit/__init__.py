"""What the sections share: settings, the incident, and one module for each program or service; knows nothing of the sections."""
