"""What the person sees, and how the terminal interrupts: output, progress, signals, waiting, findings."""
