"""Templates of an inventory, and what they come to; Ansible is asked for the same by tests/judge."""

from config_rollout.core.kubespray.values import Values

GIVEN = {
    "text": "rr", "number": 5, "yes": True, "nothing": None, "addresses": ["10.0.0.1", "10.0.0.2"], "empty": [],
    "nested": {"key": "{{ text }}", "deep": {"list": [1, "{{ number }}"]}}, "chain": "{{ text }}",
    "templates": ["{{ text }}", "b"],
}  # fmt: skip

TEMPLATES = {
    "{{ text }}": "rr",
    "{{number}}": 5,
    "{{ yes }}": True,
    "{{ addresses }}": ["10.0.0.1", "10.0.0.2"],
    "{{ chain }}": "rr",
    "{{ text }}:{{ number }}": "rr:5",
    "a{{ nothing }}b": "ab",
    "{{ yes }} {{ empty }}": "True []",
    "{{ yes }} {{ none }}": "True ",
    "{{ gone | default('x') }}": "x",
    "{{ gone|d(text) }}": "rr",
    "{{ gone.key | default('x') }}": "x",
    "{{ empty | default('x', true) }}": "x",
    "{{ text | default('x') }}": "rr",
    "{{ gone | default(addresses) }}": ["10.0.0.1", "10.0.0.2"],
    "{{ nested.key }}": "rr",
    "{{ nested['deep'].list[1] }}": 5,
    "{{ templates }}": ["rr", "b"],
    "{{ templates | join('-') }}": "rr-b",
    "{{ addresses | join(',') }}": "10.0.0.1,10.0.0.2",
    "{{ addresses | first }}/32": "10.0.0.1/32",
    "{{ addresses | length }}": 2,
    "{{ 'a' if yes else 'b' }}": "a",
    "{{ 'a' if text == 'rr' and number > 4 else 'b' }}": "a",
    "{{ 'a' if gone is defined else 'b' }}": "b",
    "{% if number in [5] -%} {{ text }} {%- else -%} x {%- endif %}": "rr",
    "{%- if gone is defined -%} [{{ gone }}] {%- else -%} [] {%- endif -%}": "[]",
    "{% for it in addresses %}{{ it }};{% endfor %}": "10.0.0.1;10.0.0.2;",
    "{% set port = 10249 %}{{ addresses[0] }}:{{ port }}": "10.0.0.1:10249",
    "{% if yes %}\na{% endif %}\n": "a\n",
    "{{ text }}\n": "rr\n",
    "{{ number }}\n": 5,
    "{% raw %}{{ text }}{% endraw %}": "{{ text }}",
    "a{% raw %}{%{% endraw %}": "a{%",
    "a{# a remark #}b": "ab",
    "{{ number + 1 }}": 6,
    "{{ number * 2 }}": 10,
    "{{ number ~ 's' }}": "5s",
    "{{ '%s' }}": "%s",
    "{{ text | upper }}": "RR",
    "{{ ' a ' | trim }}": "a",
    "{{ '7' | int }}": 7,
    "{{ text.split('r') }}": ["", "", ""],
    "{{ text.replace('r', 'l') }}": "ll",
}
"""Template -> what it gives."""


def evaluated(template: object, **given: object) -> object:
    return Values(GIVEN | given | {"case": template}).value("case")
