"""What pods read and what runs them: sources, the configuration that they make, and the objects that follow."""
