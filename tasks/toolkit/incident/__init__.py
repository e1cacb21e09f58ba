"""The shared context of an invocation, and the record of an incident."""
