"""What is read and refused before anything is registered."""
