"""What a Corefile means, and how a change of one is explained. The real CoreDNS is the judge in tests/judge."""

import random

import pytest

from config_rollout.core.configuration.content import Content, parse_content, unmatched
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.formats import read, read_key
from tests.objects import corefiles


def content(text: str) -> Content:
    return Content({"Corefile": text.encode()}, formats={"Corefile": "corefile"})


def changes(old: str, new: str) -> list[str]:
    """Return the fields that differ, as `~ PATH: OLD => NEW`."""
    (change,) = diff_contents(content(old), content(new))
    return [f"{one.op} {one.path}: {one.old} => {one.new}" for one in change.fields]


def test_key_called_corefile_stays_text_if_nobody_declares_it():
    assert "text" == read_key("Corefile", corefiles.CLUSTER.encode(), {}).format


def test_canonical_bytes_of_a_corefile():
    text = '(a) {\n  log\n}\n.:53 {\n  errors\n  cache "3 0" {\n    ttl\n  }\n  import a\n  log # {$X}\n}\nimport b\n'

    assert (
        b'config-rollout/v1\ndata 8:Corefile corefile 202:{"blocks":[{"log":"","name":"(a)","order":"log"},'
        b'{"cache":{"args":"\\"3 0\\"","options":[{"name":"ttl"}]},"errors":"","import":"a","log":"",'
        b'"name":".:53","order":"import log"},{"name":"import b"}]}\n# {$X}\n'
    ) == canonical_bytes(content(text))


@pytest.mark.parametrize("text", [corefiles.CLUSTER, corefiles.NODE_LOCAL], ids=["cluster", "node-local"])
@pytest.mark.parametrize(
    "change", [corefiles.with_other_layout, corefiles.with_other_plugin_order, corefiles.with_other_quotes]
)
def test_corefile_of_a_cluster_written_differently_means_the_same(text, change):
    maker = random.Random(8)
    others = {change(maker, text) for _ in range(50)}

    assert 10 < len(others - {text})
    assert {config_hash(content(text))} == {config_hash(content(other)) for other in others}


@pytest.mark.parametrize("text", [corefiles.CLUSTER, corefiles.NODE_LOCAL], ids=["cluster", "node-local"])
def test_every_word_of_a_corefile_counts(text):
    words = text.split(" ")
    plain = [at for at, word in enumerate(words) if word.strip("{}\n")]
    others = [" ".join([*words[:at], f"x{words[at]}", *words[at + 1 :]]) for at in plain]

    assert len(plain) == len({config_hash(content(other)) for other in others} - {config_hash(content(text))})


def test_change_is_explained_by_server_block_and_plugin():
    new = corefiles.CLUSTER.replace("cache 30", "cache 60").replace("ttl 30", "ttl 5").replace("    loop\n", "")

    assert [
        "~ blocks[name=.:53].cache: 30 => 60",
        "~ blocks[name=.:53].kubernetes.options[name=ttl].args: 30 => 5",
        "- blocks[name=.:53].loop:  => nothing",
    ] == changes(corefiles.CLUSTER, new)


def test_first_import_is_one_field_more_and_the_order_that_follows():
    new = corefiles.CLUSTER.replace("    reload\n", "    import custom/*.override\n    reload\n")

    assert [
        "+ blocks[name=.:53].import: nothing => custom/*.override",
        "+ blocks[name=.:53].order: nothing => import reload loadbalance",
    ] == changes(corefiles.CLUSTER, new)


def test_plugin_that_is_stated_to_restart_nothing_is_not_hashed():
    effects = {"Corefile:blocks[name=.:53].cache": "none"}
    one, other = (
        parse_content({"Corefile": text}, declared={"Corefile": "corefile"}, effects=effects)[0]
        for text in (corefiles.CLUSTER, corefiles.CLUSTER.replace("cache 30", "cache 60"))
    )

    assert ([], config_hash(one)) == (unmatched(one), config_hash(other))


def test_meaning_of_random_corefiles_is_found_or_they_count_byte_for_byte():
    maker = random.Random(9)
    texts = [maker.choice(corefiles.CHANGES)(maker, corefiles.corefile(maker)) for _ in range(500)]
    found = [read(text.encode(), "corefile").format for text in texts]

    assert {"corefile", "text"} == set(found)
    assert found.count("corefile") > 250
