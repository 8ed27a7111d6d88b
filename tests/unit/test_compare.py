"""The comparison with other tools: how pods are counted, what rules decide, and what the page says of figures."""

import json
import lzma
import re
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from config_rollout.cli.outputs.picture import dark_rules
from tools.compare import cost, manifests, page, picture
from tools.compare.__main__ import LOGS
from tools.compare.arena import _installations
from tools.compare.counted import Cell, Meanings, Namespace, Runs, merged
from tools.compare.figures import Figures, Verdict, budget, spread
from tools.compare.killed import Killed
from tools.compare.peers import PEERS
from tools.compare.programs import Mounts, Reading
from tools.compare.rules import decisions
from tools.compare.shelf import Shelf, log_name
from tools.compare.situations import BY_NAME, KEY, OF_MANY, SITUATIONS, State, after, is_bad, units
from tools.documents import ROOT
from tools.history import Write

SPACE = "team"
OLD, NEW, BAD = (State(value=value, bad=value == 9).config for value in (0, 1, 9))
MEANINGS = Meanings(lambda config: config.replace("# a comment\n", ""))


def pod(uid, node, mounts="agent", ready=True, version=1):
    conditions = [{"type": "Ready", "status": str(ready)}]
    spec = {"containers": [{"image": "agent:1"}], "nodeName": node, "volumes": [{"configMap": {"name": mounts}}]}
    metadata = {"name": f"agent-{uid}", "uid": uid, "resourceVersion": version}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": conditions}}


def made(one):
    return Write(0.0, f"pods/{SPACE}/{one['metadata']['name']}", None, one)


def gone(one):
    return Write(0.0, f"pods/{SPACE}/{one['metadata']['name']}", one, None)


def written(config, name="agent", before=None):
    return Write(0.0, f"configmaps/{SPACE}/{name}", before, {"metadata": {}, "data": {KEY: config}})


def runs(config):
    return MEANINGS.of(Reading(config))


def counted(writes, ran, wanted=NEW, at_first=("a", "b")):
    """Return what writes did to two pods, each on a node that is called as it is."""
    objects = {f"pods/{SPACE}/agent-{name}": pod(name, name) for name in at_first}
    objects["pods/other/agent-z"] = pod("z", "z")
    every = {**{name: runs(OLD) for name in at_first}, **{uid: runs(config) for uid, config in ran.items()}}
    return Namespace(SPACE, objects, every).counted(writes, {"agent": runs(wanted)}, MEANINGS)


def replaced(old, new):
    return [gone(pod(old, old)), made(pod(new, old, ready=False)), *ready(new, old)]


def ready(uid, node):
    return [Write(0.0, f"pods/{SPACE}/agent-{uid}", pod(uid, node, ready=False), pod(uid, node))]


def test_pod_that_runs_something_else_is_needed():
    cell = counted([*replaced("a", "c"), *replaced("b", "d")], {"c": NEW, "d": NEW})

    assert Cell(pods=2, needed=2, needless=0, missed=0, reached=0, early=0, latent=0, at_once=1) == cell


def test_pod_that_runs_the_same_is_needless():
    cell = counted(replaced("a", "c"), {"c": f"# a comment\n{OLD}"}, wanted=OLD)

    assert (1, 0, 1, 0) == (cell.pods, cell.needed, cell.needless, cell.missed)


def test_pod_that_stays_with_what_it_has_is_missed():
    assert 2 == counted([], {}).missed


def test_pod_that_read_the_old_again_is_needless_and_missed():
    cell = counted(replaced("a", "c"), {"c": OLD})

    assert (1, 2) == (cell.needless, cell.missed)


def test_pod_of_a_new_node_replaces_nothing():
    assert 0 == counted([made(pod("c", "c"))], {"c": NEW}).pods


def test_all_nodes_at_once_are_counted():
    assert 2 == counted([gone(pod("a", "a")), gone(pod("b", "b"))], {}).at_once


def test_file_that_changes_under_pods_is_early_for_each():
    assert 2 == counted([written(OLD), written(NEW, before={})], {}).early


def test_file_that_means_the_same_is_not_early():
    assert 0 == counted([written(f"# a comment\n{OLD}")], {}).early


def test_file_whose_label_alone_changes_is_not_early_again():
    other = {"metadata": {}, "data": {KEY: NEW}}

    assert 0 == counted([written(NEW, before=other)], {}).early


def test_file_of_another_name_is_not_early():
    assert 0 == counted([written(NEW, "agent-2")], {}).early


def test_file_that_changes_after_its_pods_went_is_not_early():
    assert 0 == counted([gone(pod("a", "a")), gone(pod("b", "b")), written(NEW)], {}).early


def test_pod_whose_files_say_something_else_at_the_end_is_latent():
    there_and_back = [written(OLD), written(NEW, before={}), written(OLD, before={})]

    assert [2, 0] == [counted(writes, {}).latent for writes in (there_and_back[:2], there_and_back)]


def test_what_crashes_is_reached():
    assert 1 == counted(replaced("a", "c"), {"c": BAD}).reached


def test_another_namespace_is_not_counted():
    assert 0 == counted([replace(gone(pod("z", "z")), key="pods/other/agent-z")], {}).at_once


def test_steps_are_added_and_the_worst_of_them_kept():
    one = Cell(pods=2, needed=1, needless=1, missed=0, reached=0, early=3, latent=1, at_once=1)
    other = Cell(pods=1, needed=1, needless=0, missed=2, reached=1, early=0, latent=2, at_once=4)

    assert Cell(pods=3, needed=2, needless=1, missed=2, reached=1, early=3, latent=2, at_once=4) == merged([one, other])


def test_program_reads_what_its_volumes_name():
    assert Mounts("agent", "agent-token") == Mounts.of(manifests.pod_spec(*manifests.one(State())))


def test_bad_state_is_the_one_that_crashes():
    assert [False, False, True] == [is_bad(config) for config in (OLD, NEW, BAD)]


@pytest.mark.parametrize("situation", [*SITUATIONS, *OF_MANY], ids=lambda situation: situation.name)
def test_situation_changes_what_pods_read_exactly_if_programs_see_it(situation):
    steps = situation.steps(State(bad=situation.name == "mended"))
    seen = [(step.state.value, step.state.bad, step.state.token) for step in steps]
    changed = len({*seen, (0, situation.name == "mended", State().token)}) > 1

    assert changed == situation.is_seen or situation.name in ("reverted", "edited")


def test_every_situation_is_in_one_table():
    assert sorted(one.name for one in SITUATIONS) == sorted(name for names in page.GROUPS.values() for name in names)


def test_situation_that_follows_is_in_one_unit_with_the_one_before():
    assert ["bad", "mended"] in [[one.name for one in unit] for unit in units(SITUATIONS)]


def test_fresh_situation_has_an_installation_of_its_own():
    groups = [[one.name for unit in those for one in unit] for those in _installations([*SITUATIONS, *OF_MANY])]

    assert ["none", "reverted"] == [groups[0][0], groups[0][-1]]
    assert ["edited"] in groups
    assert ["killed"] in groups
    assert ["many-none", "many-label", "many-field"] == groups[-2]


def test_what_is_deployed_after_situations_is_what_the_last_step_left():
    assert State(value=1, comment=True) == after([BY_NAME["text"], BY_NAME["field"]], State())


def test_many_workloads_differ_by_the_first_alone_and_share_the_label():
    first, *others = manifests.many(State(value=1, release=2))

    assert ({State(release=2)}, 1) == ({other.state for other in others}, first.state.value)


def test_shared_config_map_is_deployed_once_and_named_by_all(tmp_path):
    workloads = manifests.shared(State())
    listed = json.loads(manifests.write_manifests(workloads, tmp_path).read_text())["items"]
    templates = [thing["spec"]["template"]["spec"] for thing in listed if thing["kind"] == "DaemonSet"]

    assert 1 == sum(thing["kind"] == "ConfigMap" for thing in listed)
    assert {"agent-000"} == {Mounts.of(spec).config_map for spec in templates}


def test_chart_of_a_shared_config_map_hashes_the_one_template(tmp_path):
    templates = manifests.write_chart(manifests.shared(State()), tmp_path) / "templates"

    assert ["agent-000-configmap.yaml"] == re.findall(
        r'BasePath "/([^"]*)"', (templates / "agent-001.yaml").read_text()
    )


def test_rules_decide_as_their_projects_say():
    decided = decisions()

    assert {"reloader": "none", "wave": "none", "kapp": "needless", "kruise": "none"} == decided["label"]
    assert {"reloader": "needless", "wave": "needless", "kapp": "needless", "kruise": "none"} == decided["text"]
    assert {"reloader": "restart", "wave": "restart", "kapp": "restart", "kruise": "missed"} == decided["secret"]
    assert set() == {"undo", "reverted", "edited"} & decided.keys()


def test_chart_has_the_checksums_of_its_templates(tmp_path):
    templates = manifests.write_chart(manifests.one(State()), tmp_path) / "templates"
    hashed = re.findall(r'BasePath "/([^"]*)"', (templates / "agent.yaml").read_text())

    assert ["agent-configmap.yaml", "agent-secret.yaml"] == hashed
    assert ["agent-configmap.yaml", "agent-secret.yaml", "agent.yaml"] == sorted(
        one.name for one in templates.iterdir()
    )


def test_label_is_on_objects_and_never_on_pods():
    one, other = (manifests.daemon_set(*manifests.one(State(release=release))) for release in (1, 2))

    assert one["metadata"]["labels"] != other["metadata"]["labels"]
    assert one["spec"] == other["spec"]


@pytest.mark.parametrize(("values", "said"), [([10, 10], "10"), ([9, 11, 10], "9 to 11"), ([1000], "1,000")])
def test_spread_is_one_number_where_runs_agree(values, said):
    assert said == spread(values)


@pytest.mark.parametrize(("nodes", "pods"), [(10, 1), (11, 2), (100, 10)])
def test_budget_rounds_up_as_kubernetes_does(nodes, pods):
    assert pods == budget(nodes)


NONE = Cell(pods=0, needed=0, needless=0, missed=0, reached=0, early=0, latent=0, at_once=0)


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("none", NONE, ("0", Verdict.RIGHT)),
        ("text", replace(NONE, pods=10, needless=10), ("10 needless", Verdict.NEEDLESS)),
        ("field", replace(NONE, pods=10, needed=10), ("10", Verdict.RIGHT)),
        ("field", replace(NONE, missed=10), ("10 missed", Verdict.MISSED)),
        ("undo", replace(NONE, needless=10, missed=10), ("10 missed", Verdict.MISSED)),
        ("undo", replace(NONE, failed=1), ("0, fails", Verdict.MISSED)),
        ("bad", replace(NONE, reached=1, failed=1), ("1 crash", Verdict.RIGHT)),
        ("bad", replace(NONE, reached=1, latent=9), ("1 crash, 9 will", Verdict.NEEDLESS)),
        ("bad", replace(NONE, reached=10), ("10 crash", Verdict.MISSED)),
    ],
)
def test_cell_is_said_in_a_word_or_two(name, cell, said):
    figures = Figures(10, "", "", {})
    figures.add("run-1", PEERS[0], BY_NAME[name], cell)

    assert said == figures.said(PEERS[0], BY_NAME[name])


def figures():
    """Return figures of two runs of two peers, of which one has no Secret."""
    made = Figures(10, "2026-11-29", "a machine", {"helm-3": "3.22.0"})
    for run in (1, 2):
        for peer in (PEERS[2], PEERS[3]):
            for situation in SITUATIONS:
                if situation.asks <= peer.deploys:
                    asked = {"get pods": run, "patch daemonsets": 1}
                    cell = replace(NONE, pods=10, needless=10 * run, writes={"PUT pods": 3}, requests=asked)
                    made.add(f"run-{run}", peer, situation, replace(cell, seconds=2.0 if peer is PEERS[3] else 3.0))
    return made


def test_figures_come_back_from_their_document():
    document = json.loads(json.dumps(figures().document()))

    assert figures() == Figures.parse(document)


def test_tables_have_a_row_for_each_peer_that_ran_and_for_each_rule():
    shown = page.render(figures())

    assert "**10 to 20 needless**" in shown
    assert "*wave, by rule*" in shown


def test_run_that_was_cut_off_is_in_no_total():
    made = figures()
    del made.runs["run-2"]["helm-3"]["burst"]

    assert "| Helm 3 | 1 | 1 of 19 | 190 | 0 | 0 | no |" in page.totals(made)
    assert "| kubespray | 2 |" in page.totals(made)


def test_situation_names_the_tools_by_what_they_do():
    (row,) = [
        row for row in page.by_situation(figures()).splitlines() if row.startswith("| **Only a comment changed**")
    ]

    assert (
        "| **Only a comment changed** | *OpenKruise* | kubespray, Helm 3, *Reloader*, *wave*, *kapp with versions* |  |"
        == row
    )


def test_requests_are_shown_by_verb_and_times_beside_helm():
    row = "| kubespray | 2 to 3 | 2 to 3 | 1 to 2 | 0 | 0 | 0 | 0 | 1 | 0 |"

    assert row in cost.requests(figures())
    assert "| kubespray | 3 | 3 | 0 | 0 | 1.5 | 3.0 |" in cost.costs(figures())


def test_picture_is_the_same_for_the_same_figures_and_follows_a_dark_page(tmp_path):
    for name in ("one.svg", "two.svg"):
        picture.draw(figures(), tmp_path / name)
    text = (tmp_path / "one.svg").read_text()

    assert text == (tmp_path / "two.svg").read_text()
    assert dark_rules(picture._LIGHT, picture._DARK).replace('"', "&quot;") in text.replace('"', "&quot;")


def test_page_shows_the_figures_beside_it():
    document = json.loads((ROOT / "docs" / "compare.json").read_text())
    text = (ROOT / "docs" / "compare.md").read_text()

    assert page.render(Figures.parse(document)) in text


def test_runs_differ_by_what_is_in_force_and_by_the_token():
    assert 3 == len({runs(OLD), runs(NEW), Runs(OLD, "swordfish")})


def test_finished_figure_stays_and_a_log_that_was_cut_off_begins_anew(tmp_path):
    shelf = Shelf({"nodes": 3}, tmp_path / "shelf")
    shelf.log("run-1", "helm-3", "text").write_text("cut off")
    shelf.log("run-1", "helm-3", "text")
    shelf.keep("run-1", "helm-3", "text", NONE)
    again = Shelf({"nodes": 3}, tmp_path / "shelf")

    assert (NONE, None) == (again.cell("run-1", "helm-3", "text"), again.cell("run-2", "helm-3", "text"))
    assert "" == (tmp_path / "shelf" / "run-1" / "helm-3" / "text.log").read_text()


def test_figures_of_something_else_are_thrown_away(tmp_path):
    shelf = Shelf({"code": "old"}, tmp_path / "shelf")
    shelf.log("run-1", "helm-3", "text")
    shelf.keep("run-1", "helm-3", "text", NONE)

    assert None is Shelf({"code": "new"}, tmp_path / "shelf").cell("run-1", "helm-3", "text")


def test_archive_has_a_log_for_each_figure_and_the_same_bytes_for_the_same_logs(tmp_path):
    shelf = Shelf({}, tmp_path / "shelf")
    shelf.log("run-1", "helm-3", "text").write_text("$ helm upgrade\n")
    shelf.log("run-1", "helm-3", "label").write_text(f"{Path.home()}/.cache/helm {ROOT}/chart\n")
    for name in ("one", "two"):
        shelf.pack([("run-1", "helm-3", "text"), ("run-1", "helm-3", "label")], tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with lzma.open(tmp_path / "one") as file, tarfile.open(fileobj=file) as archive:
        assert ["run-1/helm-3/label.log", "run-1/helm-3/text.log"] == archive.getnames()
        assert b"~/.cache/helm ./chart\n" == archive.extractfile("run-1/helm-3/label.log").read()


def test_figures_of_the_page_are_taken_in_where_the_shelf_has_none(tmp_path):
    first, again = Shelf({"code": "old"}, tmp_path / "first"), Shelf({"code": "new"}, tmp_path / "again")
    names = [("run-1", "helm-3", "text"), ("run-1", "helm-3", "label")]
    for name in names:
        first.log(*name).write_text("of the page\n")
    first.pack(names, tmp_path / "logs")
    again.log(*names[0]).write_text("newer\n")
    again.keep(*names[0], replace(NONE, pods=7))
    again.restore({"run-1": {"helm-3": {"text": NONE, "label": NONE}}}, tmp_path / "logs")

    logs = [(tmp_path / "again" / part / peer / f"{one}.log").read_text() for part, peer, one in names]
    assert ([7, NONE.pods], ["newer\n", "of the page\n"]) == ([again.cell(*name).pods for name in names], logs)


def test_each_figure_of_the_page_has_its_log():
    runs = Figures.parse(json.loads((ROOT / "docs" / "compare.json").read_text())).runs
    figures = {log_name(part, peer, name) for part, rows in runs.items() for peer in rows for name in rows[peer]}
    with lzma.open(LOGS) as file, tarfile.open(fileobj=file) as archive:
        assert figures == set(archive.getnames())


def test_situation_without_figures_is_named_and_in_no_table():
    made = figures()
    for run in made.runs.values():
        for cells in run.values():
            cells.pop("killed")
    text = page.render(made)

    assert ["edited", "away", "upgraded"] == [one.name for one in [*page.shown(made).values()][-1]]
    assert 1 == text.count(BY_NAME["killed"].title)
    assert "than this run had: *The tool is killed" in text


def test_tool_is_killed_with_what_it_started_once_it_is_due():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    spared = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with Killed(lambda: True) as killed:
            ended = subprocess.run([sys.executable, "-c", code], check=False).returncode
        assert (True, -9, None) == (killed.hit, ended, spared.poll())
    finally:
        spared.kill()
        spared.wait()


def test_tool_that_is_not_due_is_not_killed():
    with Killed(lambda: False) as killed:
        ended = subprocess.run([sys.executable, "-c", ""], check=False).returncode

    assert (False, 0) == (killed.hit, ended)
