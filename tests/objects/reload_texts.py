"""The text that the pods of `dns` in namespace `n` read again, and its ConfigMap."""

import hashlib

from config_rollout.driver.reload import text_of


def config_map(text):
    return {"metadata": {"name": "dns-reload", "namespace": "n"}, "data": {"Corefile": text}}


def text(of):
    return text_of({"dns-reload": config_map(of)}, hashlib.sha256(of.encode()).hexdigest())
