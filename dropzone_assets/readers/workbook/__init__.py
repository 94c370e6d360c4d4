"""What is found in a workbook: where its records are, what its cells say, how much of it is too much."""
