"""What stands at the cursor: it imports nothing of ours, little of Python, and asks only git."""
