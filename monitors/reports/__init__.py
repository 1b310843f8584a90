"""What the office prints and hands out, one file a form."""
