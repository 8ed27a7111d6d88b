"""The figures of docs/scale.md: what windows, processes and sizes say, and that the page says what was measured."""

import os
import re
import subprocess
from dataclasses import replace

import pytest

from benchmarks import usage, windows
from benchmarks.histories import History, histories, of_everything, often_enough
from benchmarks.scale import figures, page
from benchmarks.windows import PARTS, Pair, Window, Work
from tools.documents import ROOT

NONE = dict.fromkeys(PARTS, 0.0)
BUSY = Window(10.0, {"POST pods": 4, "PUT leases": 8}, 5000, {**NONE, "etcd": 3.0, "kube-apiserver": 1.0})
IDLE = Window(10.0, {"PUT leases": 8}, 1000, {**NONE, "etcd": 1.0})
PAIR = Pair("native", 4, 8.0, BUSY, IDLE)
DRIVEN = replace(PAIR, way="driven", took=10.0, before_first=0.5)


def test_window_has_what_is_beyond_the_idle_one():
    beyond = BUSY - IDLE

    assert {"POST pods": 4, "PUT leases": 0} == beyond.requests
    assert (0.0, 4000) == (beyond.seconds, beyond.log_bytes)
    assert {**NONE, "etcd": 2.0, "kube-apiserver": 1.0} == beyond.processors


def test_programs_that_are_no_part_of_the_control_plane_do_not_count():
    assert NONE == (replace(BUSY, processors={"kwok": 9.0}) - replace(IDLE, processors={})).processors


def test_restart_is_the_median_of_what_each_pair_has_for_a_pod():
    others = [replace(PAIR, busy=replace(BUSY, log_bytes=log)) for log in (9000, 90_000)]

    assert Work(1.0, 2000.0, 0.75) == windows.of_a_restart([PAIR, *others])


def test_idle_node_costs_what_the_idle_window_has():
    assert Work(0.2, 25.0, 0.025) == windows.of_a_node([PAIR], 1.0)


def test_pair_comes_back_from_json():
    assert DRIVEN == Pair.parse(DRIVEN.row())


def test_row_of_a_restart_for_each_way_that_ran():
    assert [
        ["4", "Kubernetes' rolling update", "1.00", "1.0", "0.2500", "0.0000", "0.0000", "0.5000", "0.7500"],
    ] == windows.rows({4: [PAIR]})[1:]
    assert 2 == len(windows.rows({4: [PAIR, DRIVEN]})[1:])


def test_row_of_an_idle_hour():
    assert [["4", "720", "720", "90", "90.00"]] == windows.idle_rows({4: [PAIR]})[1:]


def test_requests_of_a_restart_come_by_how_many_they_are():
    more = replace(PAIR, busy=replace(BUSY, requests={**BUSY.requests, "POST events": 2}))

    assert [["`POST pods`", "1.00"], ["`POST events`", "0.50"]] == windows.kind_rows([more])[1:]
    assert [["`POST pods`", "1.00"]] == windows.kind_rows([more], least=0.6)[1:]


@pytest.mark.parametrize("renewed", [0, 8, 99])
def test_lease_that_is_renewed_late_is_no_request_less(renewed):
    late = replace(PAIR, busy=replace(BUSY, requests={**BUSY.requests, "PUT leases": renewed}))

    assert 1.0 == windows.of_a_restart([late]).requests


@pytest.mark.parametrize(("renewed", "log"), [(8, 1000.0), (2, 1187.5), (0, 1250.0)])
def test_idle_window_counts_by_the_leases_that_were_renewed_in_the_busy_one(renewed, log):
    late = replace(PAIR, busy=replace(BUSY, requests={**BUSY.requests, "PUT leases": renewed}))

    assert log == windows.of_a_restart([late]).log_bytes


def test_speed_is_of_pairs_of_one_run():
    assert [["4", "1", "1.25", "8 s", "10 s", "0.50 s"]] == windows.speed_rows({4: [PAIR, DRIVEN], 5: [PAIR]})[1:]


def test_share_of_everything_counts_idle_time_and_all_restarts():
    history = History("one", 3, 2, 1, 1)
    idle_second = Work(1 / 86_400, 0.0, 3 / 86_400)

    assert Work(pytest.approx(1 / 3), pytest.approx(1 / 2), pytest.approx(1 / 5)) == of_everything(
        history, Work(1.0, 1.0, 1.0), idle_second
    )
    assert of_everything(replace(history, days=0), Work(1.0, 1.0, 1.0), idle_second) is None


def test_restarts_as_often_as_said_are_that_share():
    restart, idle_second = Work(9.0, 90.0, 0.9), Work(0.5, 1.0, 0.0)

    assert Work(pytest.approx(102.0), pytest.approx(510.0), 0.0) == often_enough(0.15, restart, idle_second)


@pytest.mark.slow
def test_histories_are_those_of_the_page_on_replay():
    said = (ROOT / "docs" / "replay.md").read_text()

    for history in histories():
        assert 0 < history.needless <= history.restarts <= history.steps
    assert f"| Helm 3 | {histories()[1].restarts} | {histories()[1].needless} |" in said
    assert re.search(rf"Helm's checksum/config +{histories()[2].restarts} +{histories()[2].needless} ", said)


def test_process_whose_name_holds_anything_is_read():
    stat = "7 (a) b) S 3 7 7 0 -1 0 1 2 3 4 250 50 0 0 20 0"
    ticks = os.sysconf("SC_CLK_TCK")

    assert usage.Process(7, 3, "etcd", 300 / ticks) == usage.parsed(stat, b"/bin/etcd\0--data-dir=x\0")


def test_what_a_process_starts_is_seen_with_its_memory():
    with subprocess.Popen(["sleep", "60"]) as started:
        with usage.Peaks() as peaks:
            pass
        seen = [process.program for process in usage.descendants() if process.pid == started.pid]
        started.kill()

    assert ["sleep"] == seen
    assert peaks.bytes["sleep"] > 0


def part(size):
    def runs(seconds):
        memory = dict.fromkeys(("program", "engine", "provider"), 2**20 * size)
        return [{"seconds": seconds, "requests": size, "memory": memory}]

    steps = {
        "preview": {"ours": runs(3.0), "by-hand": runs(2.0)},
        "change": {"ours": runs(6.0), "by-hand": runs(4.0)},
        "change in waves with gates": {"ours": runs(5.0)},
        "status": {"ours": runs(1.0 * size)},
    }
    memory = {name: 2**20 * size for name in PARTS}
    return {"steps": steps, "writes": {"preview": 0}, "memory": memory}


def test_time_is_held_against_the_same_by_hand():
    assert [
        "| time / the same by hand | 1 node | 10 nodes | each of 10 / of 1 |",
        "| --- | --- | --- | --- |",
        "| `preview`, nothing changed | 1.50 (3.0 s) | 1.50 (3.0 s) | 0.10 |",
        "| `up`, one value changed | 1.50 (6.0 s) | 1.50 (6.0 s) | 0.10 |",
        "| `up` of a change in waves with gates | 1.25 (5.0 s) | 1.25 (5.0 s) | 0.10 |",
        "| `status` | 1.0 s | 10.0 s | 1.00 |",
    ] == page.times({1: part(1), 10: part(10)}, "nodes").splitlines()


def test_memory_is_held_against_the_same_by_hand():
    assert "| the engine | 1 MiB, by hand 1 MiB |" in page.memory({1: part(1)}, "nodes")
    assert "| etcd | 1 MiB |" in page.memory({1: part(1)}, "nodes")


def test_writes_are_said_where_there_should_be_none():
    lines = page.requests({1: part(1)}, "workloads").splitlines()

    assert "| `preview`, nothing changed | 1, by hand 1; writes 0 |" in lines
    assert "| `status` | 1 |" in lines


def test_size_that_is_measured_again_replaces_its_figures_only(tmp_path):
    file = tmp_path / "scale.json"
    for size, number in ((10, 1), (2, 2), (10, 3)):
        figures.keep("nodes", size, {"number": number}, file)

    kept = figures.load(file)["nodes"]
    assert {2: 2, 10: 3} == {size: of["number"] for size, of in kept.items()}
    assert [2, 10] == list(kept)
    assert 1 == len(figures.abouts({"nodes": kept}))


@pytest.mark.slow
def test_page_says_what_was_measured():
    text = (ROOT / "docs" / "scale.md").read_text()

    for name, made in page.render(figures.load()).items():
        assert f"<!-- {name} -->\n{made.rstrip()}\n<!-- /{name} -->" in text
