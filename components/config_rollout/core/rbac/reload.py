"""The permissions that a reload needs beside those of the record and of what is kept."""

from .rights import Right


def reload_rights(namespace: str) -> list[Right]:
    """Return them: pods are asked, and annotated to wake their kubelets, without which a reload takes longer."""
    return [Right("get", "", "pods/proxy", namespace), Right("patch", "", "pods", namespace)]
