"""GitHub workflows: their runs, their files, test tags."""
