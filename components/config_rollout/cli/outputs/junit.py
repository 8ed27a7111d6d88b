"""
The findings of `check` as JUnit XML, which GitLab, Jenkins and Azure show as tests: a suite for each file.

Source: GitLab "Unit test reports"; Maven Surefire's format.
"""

import re
from xml.etree import ElementTree

from .check_report import Report, Row

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, fails: set[int]) -> str:
    """
    Return the XML.

    A file without a finding is a test that passes, and so is a finding that does not fail the run, with its text as
    output: JUnit has no warnings.

    Args:
      report: The report.
      fails: `id` of the rows that make the exit code 1.

    """
    by_file: dict[str, list[Row]] = {file: [] for file in report.files}
    for row in report.new:
        by_file.setdefault(row.file, []).append(row)
    root = ElementTree.Element("testsuites", name="config-rollout")
    for file, rows in by_file.items():
        failing = sum(id(row) in fails for row in rows)
        suite = ElementTree.SubElement(
            root, "testsuite", name=_xml(file), tests=str(max(len(rows), 1)), failures=str(failing), errors="0"
        )
        if not rows:
            ElementTree.SubElement(suite, "testcase", name="no finding", classname=_xml(file), file=_xml(file))
        for row in rows:
            _case(suite, row, id(row) in fails)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _case(suite: ElementTree.Element, row: Row, fails: bool) -> None:
    names = {"name": f"{row.rule.id}: {row.resource}", "classname": row.file, "file": row.file, "line": str(row.line)}
    case = ElementTree.SubElement(suite, "testcase", {key: _xml(value) for key, value in names.items()})
    text = _xml(f"{row.file}:{row.line}: {row.level.value}: {row.message}")
    if fails:
        ElementTree.SubElement(case, "failure", message=_xml(row.message), type=row.level.value).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _xml(text: str) -> str:
    """Return a text with the characters that XML does not allow replaced."""
    return _NO_XML.sub("\ufffd", text)
