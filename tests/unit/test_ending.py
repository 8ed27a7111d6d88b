"""A program that somebody ends, or whose engine is gone, run as a process of its own."""

import signal
import socket
import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
from config_rollout.driver import ending

over, why = threading.Event(), []

def stop(reason):
    why.append(reason)
    over.set()

def drive():
    with ending.driving(stop):
        print("drives", flush=True)
        over.wait(60)
        print(why[0], flush=True)

ending.heed()
if "driver" in sys.argv:
    thread = threading.Thread(target=drive)
    thread.start()
else:
    print("waits", flush=True)
while not over.wait(0.1):
    pass
thread.join()
with ending.driving(lambda reason: print("not begun:", reason, flush=True)):
    pass
"""


@pytest.fixture
def engine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def heed_interrupts():
    """Undo what a shell without job control does to programs in its background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(engine):
    """Return a function that starts the program as the language host does, and waits until it runs."""
    processes = []

    def start(*words):
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        command = [sys.executable, "-c", PROGRAM, "--engine", address, *words]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
        )
        processes.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_driver_with_a_sentence_and_lets_no_other_begin(start, number):
    process = start("driver")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    why = f"the program got {number.name} and stops before the next pod. `pulumi up` continues from here"

    assert ([why, f"not begun: {why}"], "", 0) == (out.splitlines(), err, process.returncode)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_program_without_a_driver_at_once_and_without_a_traceback(start, number):
    process = start()
    process.send_signal(number)

    assert ("", "") == process.communicate(timeout=60)
    assert -number == process.returncode


def test_program_whose_engine_is_gone_ends_its_driver_and_then_itself(start, engine):
    process = start("driver")
    connection, _ = engine.accept()
    engine.close()
    connection.close()
    out, err = process.communicate(timeout=60)

    assert ("the `up` that ran this has ended", "") == (out.splitlines()[0], err)


def test_connection_that_the_engine_closes_is_made_again(start, engine):
    process = start("driver")
    for _ in range(3):
        connection, _ = engine.accept()
        connection.close()

    assert process.poll() is None
