"""
What a configuration is, when it changed, and what follows: plain values in, plain values out.

Knows no Pulumi, no cluster, no clock and no files.
"""
