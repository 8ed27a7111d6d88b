"""Rendered manifests, with the hash of what their pods read in place of a checksum of text: bytes in, bytes out."""
