"""What pytest and Hypothesis load."""
