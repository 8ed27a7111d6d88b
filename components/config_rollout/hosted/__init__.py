"""Serves the components to Pulumi programs in other languages. docs/languages.md has what a user sees of it."""
