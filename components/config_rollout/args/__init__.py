"""What users write: a TypedDict for each argument, and a docstring for each field. The core says what values mean."""
