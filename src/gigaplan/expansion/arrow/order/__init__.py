"""The order in which a block of the arrow is eliminated, and the layout that follows."""
