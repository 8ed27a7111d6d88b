"""
What holds for any input: nothing crashes or hangs, and hash, canonical bytes and diff say the same.

Here every property is tried on the same few examples each time; `make fuzz` goes on with new ones.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from config_rollout.cli.errors import Trouble
from config_rollout.cli.inputs.files import read_maps
from config_rollout.cli.inputs.variable_files import read_variables
from config_rollout.core.arguments.case import camel_case
from config_rollout.core.audit.record import RESULTS, WAVE_RESULTS, AuditRecord, WaveRecord
from config_rollout.core.audit.timeline import areas, ticks, timeline
from config_rollout.core.configuration.content import Content, parse_content, unmatched, warnings
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.digest import canonical_bytes, config_hash
from config_rollout.core.configuration.effects import EFFECTS, places
from config_rollout.core.explain.reasons import explain_keys
from config_rollout.core.formats import json_text, mentions_kube_proxy, read, read_key
from config_rollout.core.formats.kube_proxy import values
from config_rollout.core.formats.kube_proxy.read import read_kube_proxy
from config_rollout.core.formats.meaning import NotUnderstood, Spelled, encode_value
from config_rollout.core.formats.yaml_edits import Edit, NotEdited
from config_rollout.core.formats.yaml_text import load_documents
from config_rollout.core.kubernetes.manifest_edits import with_text, write
from config_rollout.core.kubernetes.manifest_text import Document
from config_rollout.core.kubernetes.property_paths import covers, parse_path, workload_path
from config_rollout.core.kubernetes.property_paths import places as ignorable
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.kubespray.template import convert
from config_rollout.core.kubespray.variables import VARIABLES
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.fixes import fixes
from config_rollout.core.rules.lines import lines
from config_rollout.core.rules.manifest import Manifest, parse_manifest
from config_rollout.core.rules.objects import Objects
from config_rollout.core.rules.settings import Settings
from config_rollout.core.words.changes import key_lines
from tests.fuzz.strategies import formats, makers, manifests, pairs, texts
from tests.objects.rollout_records import at
from tests.unit import generate, independent

EDITED = (
    ("metadata", "annotations", "a/b"),
    ("data", "new"),
    ("spec", "template", "metadata", "annotations", "checksum/config"),
    ("items", 0, "metadata", "annotations", "a/b"),
)
"""Paths at which a text is set."""

DEADLINE_MILLISECONDS = 5000
"""An example that takes longer hangs; the time is for a busy machine, most take one millisecond."""

OPTIONS = {
    "database": None,
    "deadline": DEADLINE_MILLISECONDS,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
}

PROPERTIES: dict[str, Callable[[settings], Callable[[], None]]] = {}
"""Name -> what makes the test of a property, under some settings."""

EXAMPLES: Counter[str] = Counter()
"""Name of a property -> how many examples it was tried on."""


def for_any(*strategies: st.SearchStrategy) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make a test of a property: it holds for whatever the strategies make."""

    def decorated(check: Callable[..., None]) -> Callable[[], None]:
        name = check.__name__

        def counted(example: tuple) -> None:
            EXAMPLES[name] += 1
            check(*example)

        def test_under(options: settings) -> Callable[[], None]:
            return options(given(st.tuples(*strategies))(counted))

        PROPERTIES[name] = test_under
        return test_under(settings(max_examples=100, derandomize=True, **OPTIONS))

    return decorated


def try_on(name: str, examples: int, round_number: int) -> None:
    """Try a property on new examples, other ones in each round."""
    phases = [Phase.generate, Phase.target, Phase.shrink]
    seed(round_number)(PROPERTIES[name](settings(max_examples=examples, phases=phases, **OPTIONS)))()


def one_key(form: str, text: bytes) -> Content:
    return Content({"k": text}, formats={"k": form})


@for_any(formats.flatmap(lambda form: st.tuples(st.just(form), texts(form))))
def test_any_text_is_read_or_counts_byte_for_byte(example):
    form, text = example
    meaning = read(text, form)

    assert meaning.format in (form, "text")
    assert meaning.format != "text" or (text, None) == (meaning.canonical, meaning.value)
    assert form == "text" or bool(meaning.note) == (meaning.format == "text")
    assert all(str(finding) for finding in (*meaning.findings, *meaning.warnings))


@for_any(texts("kube-proxy"), st.sampled_from(["config.conf", "proxy.yaml", "proxy.json"]))
def test_any_kube_proxy_configuration_is_read_or_refused_with_its_line(text, key):
    asked, found = read(text, "kube-proxy"), read_key(key, text, {})

    assert (asked.format == "text") <= bool(asked.findings)
    assert found.format != "kube-proxy" or found.hashed == asked.hashed
    assert (mentions_kube_proxy(text) and not asked.value) >= (found.format == "text" and bool(found.findings))
    assert {read(text, f"kube-proxy-{system}").format for system in ("linux", "windows")} == {asked.format}


@for_any(pairs())
def test_hash_canonical_bytes_and_diff_say_the_same(pair):
    form, one, other = pair
    old, new = one_key(form, one), one_key(form, other)
    changes = diff_contents(old, new)
    same = canonical_bytes(old) == canonical_bytes(new)

    assert same == (config_hash(old) == config_hash(new))
    assert same == (not any(change.restarts for change in changes))
    for change in changes:
        fields = change.fields
        assert fields is None or same == (not [field for field in fields if field.effect.effect == "restart"])
        assert key_lines(change)
        assert all(line.isprintable() for line in key_lines(change))
    for line in explain_keys(changes, "k").splitlines() if changes else []:
        assert line.isprintable()
        assert not re.search(r": (?!\[secret\])(.*) => \1(?: \(.*\))?$", line)


@for_any(pairs(), makers)
def test_what_is_stated_is_hashed_and_told_alike(pair, maker):
    form, one, other = pair
    known = [path for text in (one, other) for path, _ in places(read(text, form).value, "")]
    stated = {path: maker.choice(EFFECTS) for path in maker.choices(known, k=2)}
    old, new = (Content({"k": text}, formats={"k": form}, effects={"k": stated}) for text in (one, other))
    if form == "kube-proxy" or unmatched(old, new):
        return
    for change in diff_contents(old, new):
        effects = {field.effect.effect for field in change.fields or []} or {change.effect.effect}
        assert change.restarts == (config_hash(old) != config_hash(new)) == ("restart" in effects)
        assert key_lines(change)


@for_any(makers)
def test_keys_are_told_apart(maker):
    contents = []
    for _ in range(2):
        data = {maker.choice("ab"): maker.choice([b"", b"1", b"1\ndata 1:b text 1:1"]) for _ in range(2)}
        binary = {"c": maker.choice([b"", b"1"])} if maker.random() < 0.5 else {}
        contents.append(Content(data, binary))
    old, new = contents
    equal = (old.data, old.binary_data) == (new.data, new.binary_data)

    assert equal == (config_hash(old) == config_hash(new)) == (not diff_contents(old, new))


@for_any(st.sampled_from(["yaml", "json", "toml"]).flatmap(lambda form: st.tuples(st.just(form), texts(form))))
def test_independent_implementation_agrees(example):
    form, text = example
    meaning = read(text, form)

    assert independent.read(text, form) == (meaning.format, meaning.canonical)


@for_any(texts("json"))
def test_fast_and_thorough_reading_of_json_agree(text):
    try:
        decoded = text.decode()
        thorough = encode_value(json_text.load(decoded))
    except (UnicodeDecodeError, NotUnderstood):
        return

    assert json_text.encode_plainly(decoded) in (thorough, None)


@for_any(texts("yaml"))
def test_pyyaml_without_libyaml_reads_the_same(text):
    """Its scanner is another program; a text that it refuses is none that two readers read differently."""
    try:
        documents = load_documents(text)
        nodes = list(yaml.compose_all(text.decode(), Loader=yaml.SafeLoader))
    except (NotUnderstood, yaml.YAMLError, RecursionError):
        return
    if read(text, "yaml").format == "yaml":
        assert [plain(node) for node in nodes] == [ours(document) for document in documents]


def plain(node):
    """Return what PyYAML takes a node for: text as text, null and booleans as such, others as they are spelled."""
    if node is None:
        return None
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return [[plain(key), plain(value)] for key, value in node.value]
    kind = node.tag.rpartition(":")[2]
    return None if kind == "null" else (kind, node.value.lower() if kind == "bool" else node.value)


def ours(value):
    if isinstance(value, dict):
        return [[ours(key), ours(item)] for key, item in value.items()]
    if isinstance(value, list):
        return [ours(item) for item in value]
    if isinstance(value, Spelled) and value.value is not None:
        return ("str", value.value)
    if isinstance(value, Spelled):  # PyYAML may take it for a text, which is why it counts as it is spelled
        kind = yaml.SafeLoader("").resolve(yaml.ScalarNode, value.text, (True, False)).rpartition(":")[2]
        return (kind, value.text.lower() if kind == "bool" else value.text)
    return None if value is None else ("bool", str(value).lower()) if isinstance(value, bool) else ("str", value)


@for_any(st.one_of(manifests(), manifests(), texts("yaml")), st.sampled_from([None, "agent", "other"]))
def test_any_file_has_a_content_or_is_trouble(text, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.yaml"
        path.write_bytes(text)
        try:
            given = read_maps(str(path), name)
            content, findings = parse_content(given.data, given.binary_data)
        except Trouble as trouble:
            told = str(trouble).splitlines()
        else:
            told = [f"{path}: {finding}" for finding in (*findings, *warnings(content))]
            assert config_hash(content)

        assert all(line.startswith(f"{path}: ") and line.endswith(".") for line in told)


keys = st.one_of(st.text(max_size=5), st.sampled_from(["a.yaml", "a.json", "a", ".", "..", "x" * 254]), st.integers())
leaves = st.one_of(st.text(max_size=20), st.sampled_from(generate.EDGES), st.binary(max_size=5), st.none(), st.floats())


@for_any(
    st.one_of(st.dictionaries(keys, leaves, max_size=4), leaves),
    st.one_of(st.dictionaries(keys, st.one_of(leaves, st.sampled_from(["AAE=", "AAE", "é"])), max_size=3), leaves),
    st.one_of(st.none(), st.dictionaries(keys, st.one_of(formats, leaves), max_size=2), leaves),
)
def test_any_arguments_are_a_content_or_findings(data, binary_data, declared):
    content, findings = parse_content(data, binary_data, declared)

    assert all(map(str, findings))
    if not findings:
        assert {**data, **(binary_data or {})}.keys() == content.meanings.keys()


steps = st.one_of(
    st.sampled_from([*ignorable(DAEMON_SET), "[0]", "[*]", '["a"]', "['b\\'c']", ".x", "..", "[", "]"]), st.text()
)


@for_any(st.lists(steps, max_size=6).map("".join), st.sampled_from(list(ignorable(DAEMON_SET))))
def test_any_text_is_a_path_or_none(text, argument):
    path = parse_path(text)

    assert path is None or (covers(path, path) and covers(path[:1], path))
    if parse_path(argument + text) is not None and parse_path(argument + text)[0] == argument:
        assert workload_path(argument + text)
    assert isinstance(camel_case(text), str)


numbers = st.one_of(
    st.sampled_from(generate.EDGES),
    st.from_regex(r"[-+]?[0-9.]{0,12}(e[-+]?[0-9]{1,6}|[numkMGTPE]i?|[nuµm]?s|m|h)*[0-9]{0,3}", fullmatch=True),
    st.from_regex(r"\[?[0-9a-f:.%/]{0,20}\]?(:[0-9]{0,6})?", fullmatch=True),
    st.text(max_size=30),
)


@for_any(numbers)
def test_any_text_is_a_value_of_kube_proxy_or_none(text):
    number = values.Number(text)
    if (nanoseconds := values.duration(text)) is not None:
        assert nanoseconds == values.duration(values.show_duration(nanoseconds))
    if (whole := values.quantity(text)) is not None:
        assert abs(whole) <= values.MAX_INT64
    if (single := values.float32(number)) is not None:
        assert single == values.float32(values.Number(repr(single)))
    if (ip := values.address(text)) is not None:
        assert ip == values.address(str(ip))
    assert values.integer(number, 0, 10) in (None, *range(11))
    values.cidr_family(text), values.split_host_port(text), values.with_port(text, 1)


seconds = st.floats(-1e6, 1e300)
records = st.builds(
    AuditRecord, namespace=st.text(), name=st.text(), started=st.just(at(0)), ended=st.floats(-10, 1e9).map(at),
    old_hash=st.text(), new_hash=st.text(), result=st.sampled_from(RESULTS),
    waves=st.lists(
        st.builds(
            WaveRecord, name=st.text(), started=st.floats(-10, 1e9).map(at), ended=st.floats(-10, 1e9).map(at),
            nodes=st.integers(0, 10**9), restarts=st.integers(0, 10**9), result=st.sampled_from(WAVE_RESULTS),
        ),
        max_size=4,
    ).map(tuple),
    pods=st.none() | st.dictionaries(st.text(), st.tuples(seconds, st.none() | seconds), max_size=20),
)  # fmt: skip


@for_any(records)
def test_any_record_is_a_timeline_without_gaps(record):
    line = timeline(record)

    assert len(line.bands) == max(1, len(record.waves))
    for band in line.bands:
        for row in band.rows:
            assert [0.0, *(part.end for part in row.segments)] == [*(p.start for p in row.segments), line.shown]
        _, counts = areas(band, line.shown, 10)
        assert {band.nodes} == {sum(of[column] for of in counts.values()) for column in range(10)}
    assert 1 <= len(ticks(line.end)) <= 11


jinja = st.lists(
    st.sampled_from(
        ["{{ ", " }}", "{% if ", " %}", "{% else %}", "{% endif %}", "{# ", " #}", "{% raw %}", "a", "b.c", "[0]", "\n",
         " | default(", "'x'", ")", " == ", " ~ ", "10.0.0.1", "/32", "kube_proxy_mode", " * 9"]
    ),
    max_size=8,
).map("".join)  # fmt: skip
variables = st.dictionaries(
    st.one_of(st.sampled_from(["a", "b", "kube_proxy_x", *(variable.name for variable in VARIABLES)]), st.integers()),
    st.recursive(
        st.one_of(jinja, leaves, st.booleans(), st.dates()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("bc"), inner, max_size=2)),
        max_leaves=4,
    ),
    max_size=5,
)
tags = st.sampled_from(
    [b"", b"!unsafe ", b"!vault ", b"!ours ", b"&a ", b"*a ", b"\xef\xbb\xbf", b"\t", b"\xff", b"---\n"]
)


@for_any(variables, tags, st.integers(0, 60))
def test_any_file_of_variables_is_converted_or_refused(given, tag, place):
    text = yaml.safe_dump(given, allow_unicode=True).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.yml"
        path.write_bytes(text[:place] + tag + text[place:])
        try:
            conversion = convert(read_variables(path).values)
        except Trouble as trouble:
            told = str(trouble)
        else:
            told = ""
    assert told == "" or (told.startswith(f"{path}:") and told.endswith("."))
    if not told and not conversion.findings:
        assert read_kube_proxy(conversion.text.encode()).findings == []


@for_any(st.one_of(manifests(), texts("yaml"), texts("json")), st.sampled_from([*EDITED]))
def test_edit_of_any_document_changes_one_text_or_is_refused(text, path):
    document = Document(1, text)
    try:
        before = document.value()
        after = write(document, [Edit(path, "new")])
    except (NotUnderstood, NotEdited):
        return

    assert with_text(before, path, "new") == Document(1, after).value()


@for_any(st.one_of(manifests(), manifests(), texts("yaml"), texts("json")))
def test_any_manifest_is_checked_and_every_finding_has_a_line(text):
    manifest = Manifest()
    parse_manifest("file", text, manifest)
    violations, _ = check(manifest.objects, Settings())
    numbers = lines([(violation.object.place, violation.finding.where) for violation in violations])

    assert all(1 <= number <= text.count(b"\n") + 1 for number in numbers)
    assert all(str(one) for one in fixes(Objects.of(manifest.objects), Settings()))
