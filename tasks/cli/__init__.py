"""The command line of `inv`: its words, pages, errors and completion."""
