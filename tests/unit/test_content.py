"""What a ConfigMap may hold."""

import pytest

from config_rollout.core.configuration.content import MAX_BYTES, MAX_KEY_LENGTH, parse_content, warnings


def faults(data: object, binary_data: object = None) -> list[str]:
    return [str(finding) for finding in parse_content(data, binary_data)[1]]


def test_text_and_bytes_are_kept_apart():
    content, findings = parse_content({"a": "é"}, {"b": "AAE="})

    assert [] == findings
    assert {"a": "é".encode()} == content.data
    assert {"b": b"\x00\x01"} == content.binary_data


@pytest.mark.parametrize("key", ["a", "A.b-c_9", ".hidden", "x" * MAX_KEY_LENGTH, "a..b"])
def test_key_is_accepted(key):
    assert [] == faults({key: ""})


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("agent yaml", "data['agent yaml']: the key contains a space. Use letters, digits, '-', '_' or '.'."),
        (
            "a/b",
            "data['a/b']: the key contains a slash, but a ConfigMap has no folders. "
            "Use letters, digits, '-', '_' or '.'.",
        ),
        ("é", "data['é']: the key contains 'é'. Use letters, digits, '-', '_' or '.'."),
        ("", "data['']: the key is empty. Give it the name of the file that the text becomes."),
        (".", "data['.']: the key is a path, not a file name. Do not begin it with '..'."),
        ("..a", "data['..a']: the key is a path, not a file name. Do not begin it with '..'."),
        (7, "data[7]: the key must be text (got int). Quote it."),
    ],
)
def test_key_is_refused(key, fault):
    assert [fault] == faults({key: ""})


def test_key_of_254_characters_is_refused():
    key = "x" * (MAX_KEY_LENGTH + 1)

    assert [f"data['{key}']: the key has 254 characters. Use at most 253."] == faults({key: ""})


def test_key_in_both_maps_is_refused():
    assert ["binary_data['a']: the key is in data too. Keep it in one of the two."] == faults({"a": ""}, {"a": ""})


def test_values_of_1_mib_together_are_accepted():
    assert [] == faults({"a": "x" * (MAX_BYTES - 3)}, {"b": "AAAA"})


def test_one_byte_more_than_1_mib_is_refused():
    assert [
        "data: all values together are 1,048,577 bytes; a ConfigMap holds at most 1,048,576. "
        "Ship large files in the image or in a volume."
    ] == faults({"a": "x" * (MAX_BYTES - 2)}, {"b": "AAAA"})


def test_size_counts_bytes_not_characters():
    assert 1 == len(faults({"a": "é" * (MAX_BYTES // 2 + 1)}))


def test_lone_surrogate_is_refused():
    assert [
        "data['a']: is not UTF-8 text (character 1 is half of a surrogate pair). "
        "Decode the file as UTF-8, or pass its bytes in binary_data."
    ] == faults({"a": "x\ud800"})


@pytest.mark.parametrize("value", [1, None, True, b"x", ["x"]])
def test_value_that_is_no_text_is_refused(value):
    assert [
        f"data['a']: must be text (got {type(value).__name__}). Pass a plain str, quoted or written out."
    ] == faults({"a": value})


def test_binary_value_that_is_no_base64_is_refused():
    assert 1 == len(faults({}, {"a": "%%"}))


def test_no_key_at_all_is_refused():
    assert ["data: has no keys, so there is no configuration. Add at least one key."] == faults({}, {})


def test_data_that_is_no_mapping_is_refused():
    assert ["data: must map key to text (got str). Pass a dict."] == faults("a: b")


def test_every_fault_is_found_at_once():
    assert 3 == len(faults({"a b": 1, "c": "\ud800"}))


@pytest.mark.parametrize(
    ("key", "text", "warning"),
    [
        ("a.yaml", "a: 1\n\tb: 1\n", "line 2: it is not valid YAML (found a tab character that violates indentation). "
         "Correct it, or declare the key's format as text if it is not YAML."),
        ("a.json", '{\n"a" 1}', "line 2: it is not valid JSON (Expecting ':' delimiter). "
         "Correct it, or declare the key's format as text if it is not JSON."),
        ("a.toml", "a = 1\nb = \n", "line 2: it is not valid TOML (Invalid value). "
         "Correct it, or declare the key's format as text if it is not TOML."),
        ("Corefile", ". {\n  log\n}\n}\n", "line 4: it has a '}' too many. "
         "Correct it, or declare the key's format as text if it is not a Corefile."),
    ],
)  # fmt: skip
def test_text_that_does_not_parse_is_a_warning_with_the_line(key, text, warning):
    content, findings = parse_content({key: text}, declared={key: "corefile"} if key == "Corefile" else None)

    assert ([], [f"data['{key}']: {warning}"]) == (findings, [str(finding) for finding in warnings(content)])


@pytest.mark.parametrize("text", ["a: {{ b }}", "a: 1\na: 2", "a: !x b"])
def test_text_that_only_some_read_is_no_warning(text):
    assert [] == warnings(parse_content({"a.yaml": text})[0])
