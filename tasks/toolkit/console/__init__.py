"""What the user sees and does: output, progress, signals, waiting, findings."""
