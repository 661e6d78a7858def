from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress

import pytest

from blastradius.index.alarm import TimeUp, time_limit


def test_what_takes_too_long_is_stopped_even_where_exceptions_are_swallowed() -> None:
    def careless() -> None:
        with time_limit(0.05):
            while True:
                with suppress(Exception):
                    time.sleep(0.01)

    with pytest.raises(TimeUp):
        careless()


def test_what_is_done_in_time_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(30):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_error_inside_leaves_no_alarm_behind() -> None:
    with pytest.raises(KeyError), time_limit(30):
        raise KeyError
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_that_somebody_else_has_set_is_left_alone() -> None:
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append("theirs"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with time_limit(0.01):
            time.sleep(0.2)
        assert rung == ["theirs"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_there_is_no_limit() -> None:
    done = []

    def work() -> None:
        with time_limit(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
