"""Each command's result as text and in the machine formats."""
