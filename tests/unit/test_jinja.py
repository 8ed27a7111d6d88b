"""Templates give what Ansible makes of them, or are refused with the reason; the judge asks it."""

import pytest

from config_rollout.core.kubespray.values import Literal, NotKnown, Unreadable, Values
from tests.objects.templates import TEMPLATES, evaluated


@pytest.mark.parametrize("template", TEMPLATES)
def test_template(template):
    assert TEMPLATES[template] == evaluated(template)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ gone }}", "'gone' is undefined"),
        ("{{ gone.key }}", "'gone' is undefined"),
        ("a{{ gone }}", "'gone' is undefined"),
        ("{{ text.gone }}", "'str object' has no attribute 'gone'"),
        ("{{ text | ipaddr('net') }}", "no filter named 'ipaddr'"),
        ("{{ addresses | random }}", "no filter named 'random'"),
        ("{{ text is version('1', '>') }}", "no test named 'version'"),
        ("{{ lookup('env', 'HOME') }}", "'lookup' is undefined"),
        ("{{ range(3) }}", "'range' is undefined"),
        ("{{ ansible_default_ipv4.address | default('0.0.0.0') }}", "'ansible_default_ipv4' is not known here"),
        ("{{ ip | default('0.0.0.0') }}", "'ip' is not known here"),
        ("{{ hostvars['node1'].ip | default('x') }}", "'hostvars' is not known here"),
        ("{{ kubelet_max_pods | default(110) }}", "'kubelet_max_pods' is not known here"),
        ("{{ inventory_hostname }}", "'inventory_hostname' is not known here"),
        ("{{ text", "unexpected end of template"),
        ("{% if %}", "expected an expression, got 'end of statement block'"),
        ("{{ case }}", "it refers to itself"),
        ("{{ 'a' * 1000000000 }}", "'*' is used for something other than a product or a remainder of numbers"),
        ("{{ 10 ** 10 ** 10 }}", "'**' is used for something other than a product or a remainder of numbers"),
        ("{{ '%1000000000d' % 1 }}", "'%' is used for something other than a product or a remainder of numbers"),
        ("{{ ''.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "it does not end"),
        ("{{ number / 0 }}", "division by zero"),
        ("{{ number.real.foo() }}", "'int object' has no attribute 'foo'"),
    ],
)
def test_template_that_only_ansible_can_evaluate(template, why):
    with pytest.raises(NotKnown) as refused:
        evaluated(template)

    assert f"is a Jinja template that only Ansible can evaluate: {why}" in refused.value.finding.what


def test_literal_text_is_no_template():
    assert "{{ text }}" == evaluated(Literal("{{ text }}"))
    assert "{{ text }}" == evaluated("{{ literal }}", literal=Literal("{{ text }}"))


def test_what_is_encrypted_is_refused_where_a_template_takes_it():
    with pytest.raises(NotKnown, match="is encrypted"):
        evaluated("{{ nested.key }}", nested={"key": Unreadable("is encrypted")})


def test_circle_is_refused_by_the_variable_that_closes_it():
    with pytest.raises(NotKnown) as refused:
        evaluated("{{ chain }}", chain="{{ other }}", other="{{ chain }}")

    assert "chain" == refused.value.finding.where


def test_circle_through_a_dictionary_is_refused():
    with pytest.raises(NotKnown, match="it does not end"):
        evaluated("{{ nested.key }}", nested={"key": "{{ nested.key }}"})


def test_what_a_template_assumes_is_known():
    values = Values({"case": "{{ gone | default('x') }}"})
    values.value("case")

    assert {("case", "gone")} == values.assumed
    assert {"case", "gone"} == values.used
