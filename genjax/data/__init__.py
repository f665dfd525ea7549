"""What turns files and formulas into arrays."""
