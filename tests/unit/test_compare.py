"""The comparison with other tools: how pods are counted, what rules decide, and what the page says of figures."""

import json
import re
from dataclasses import replace

import pytest

from config_rollout.cli.outputs.picture import dark_rules
from tools.compare import manifests, page, picture
from tools.compare.counted import Cell, Meanings, Namespace, Runs, merged
from tools.compare.figures import Figures, Verdict, budget, spread
from tools.compare.peers import PEERS
from tools.compare.programs import Mounts, Reading
from tools.compare.rules import decisions
from tools.compare.situations import KEY, SITUATIONS, State, is_bad
from tools.documents import ROOT
from tools.history import Write

SPACE = "team"
OLD, NEW, BAD = (State(value=value, bad=value == 9).config for value in (0, 1, 9))
MEANINGS = Meanings(lambda config: config.replace("# a comment\n", ""))
BY_NAME = {situation.name: situation for situation in SITUATIONS}


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


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_situation_changes_what_pods_read_exactly_if_programs_see_it(situation):
    steps = situation.steps(State(bad=situation.name == "mended"))
    seen = [(step.state.value, step.state.bad, step.state.token) for step in steps]
    changed = len({*seen, (0, situation.name == "mended", State().token)}) > 1

    assert changed == situation.is_seen or situation.name in ("reverted", "edited")


def test_every_situation_is_in_one_table():
    assert [situation.name for situation in SITUATIONS] != sorted(page.UNSEEN)
    assert sorted(BY_NAME) == sorted([*page.UNSEEN, *page.SEEN, *page.TROUBLE])


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
    figures.add(1, PEERS[0], BY_NAME[name], cell)

    assert said == figures.said(PEERS[0], BY_NAME[name])


def figures():
    """Return figures of two runs of two peers, of which one has no Secret."""
    made = Figures(10, "2026-11-29", "a machine", {"helm-3": "3.22.0"})
    for run in (1, 2):
        for peer in (PEERS[2], PEERS[3]):
            for situation in SITUATIONS:
                if situation.asks <= peer.deploys:
                    made.add(run, peer, situation, replace(NONE, pods=10, needless=10 * run, writes={"PUT pods": 3}))
    return made


def test_figures_come_back_from_their_document():
    document = json.loads(json.dumps(figures().document()))

    assert figures() == Figures.parse(document)


def test_runs_are_added_to_those_of_the_same_programs_alone():
    assert [1, 2, 3, 4] == list(figures().joined(figures()).runs)
    with pytest.raises(SystemExit, match="other programs or nodes"):
        figures().joined(replace(figures(), nodes=11))


def test_tables_have_a_row_for_each_peer_that_ran_and_for_each_rule():
    shown = page.render(figures())

    assert 3 == shown.count("\n| Helm 3 |") - 1
    assert "**10 to 20 needless**" in shown
    assert "*wave, by rule*" in shown


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
