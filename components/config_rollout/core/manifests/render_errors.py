"""What went wrong when the provider rendered a chart or a kustomization, without what only repeats that it did."""

import re

_WRAPPING = re.compile(
    r"(invocation of \S+ returned an error: |invoke of \S+ failed: |Exception: |rpc error: code = \w+ desc = "
    r"|failed to generate YAML for specified Helm chart: |failed to create chart from template: "
    r"|failed to load chart from temp directory: |failed to generate kustomize[^:]*: "
    r"|error calling \w+: |execution error at |template: |kustomize failed for directory \"[^\"]*\": )"
)
_AT = re.compile(r"^\(?(?P<at>[^\s:]+:\d+:\d+)\)?: (?P<rest>.*)$", re.DOTALL)
_INSIDE = re.compile(r"executing \"[^\"]*\" at (?P<what><.*?>): (?P<why>.*)", re.DOTALL)


def cause_of_rendering(message: str) -> str:
    """Return the cause on one line, with the template and the line where it says them."""
    text = " ".join(message.split())
    while (shorter := _WRAPPING.sub("", text, count=1)) != text:
        text = shorter
    at = _AT.match(text)
    if at is None:
        return text.rstrip(".")
    why = at["rest"]
    deepest = at["at"]
    while inner := _INSIDE.search(why):
        deeper = _AT.match(inner["why"])
        if deeper is None:
            why = f"{inner['what']}: {inner['why']}"
            break
        deepest, why = deeper["at"], deeper["rest"]
    return f"{deepest}: {why}".rstrip(".")
