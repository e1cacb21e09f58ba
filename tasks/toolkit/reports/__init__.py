"""What people read: issue, lessons, notice, workarounds."""
