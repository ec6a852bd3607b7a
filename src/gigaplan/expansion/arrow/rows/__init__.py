"""What single rows decide: duals of rows taken out, and bounds they imply."""
