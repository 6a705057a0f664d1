"""What work costs: seconds without what others use, too, the same whether found or made, and growth of memory."""

import json
import time
from functools import partial

import numpy as np
import pytest

from baselines import costs
from baselines.cache import cached_arrays
from baselines.costs import apart, kept_by, measure
from baselines.parallel import run_parallel

MB = 1_000_000
tells_memory = pytest.mark.skipif(costs._memory() is None, reason="this system does not tell memory")


@pytest.fixture(autouse=True)
def own_arrays(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))


def held(megabytes, seconds=0.0):
    """Hold so much memory for a while, and return its size."""
    array = np.ones(megabytes * MB, np.uint8)
    time.sleep(seconds)
    return len(array)


def made(kind, key, seconds=0.3):
    def compute():
        time.sleep(seconds)
        return {"array": np.arange(3)}

    return cached_arrays(kind, key, compute)["array"]


def nested(key):
    def compute():
        time.sleep(0.05)
        return {"array": made("landmarks", key) * 2}

    return cached_arrays("faces", key, compute)["array"]


def test_seconds_of_an_inner_block_are_its_own():
    with measure() as outer:
        time.sleep(0.05)
        with measure() as inner:
            time.sleep(0.3)
    assert inner.seconds >= 0.3
    assert 0.05 <= outer.seconds < 0.3
    both = inner.seconds + outer.seconds
    outer.add(inner)
    assert outer.seconds == both


def test_an_array_costs_the_same_whether_it_was_made_or_found():
    with measure() as first:
        nested("a")
    with measure() as again:
        nested("a")
    assert first.kept == again.kept
    assert {kind: len(arrays) for kind, arrays in first.kept.items()} == {"landmarks": 1, "faces": 1}
    ((landmarks, _),) = first.kept["landmarks"].values()
    ((faces, _),) = first.kept["faces"].values()
    assert landmarks >= 0.3
    assert 0.05 <= faces < 0.3  # without the landmarks that they are made of
    assert first.seconds < 0.3
    assert again.seconds < 0.3


def test_what_two_arrays_are_made_of_is_counted_once():
    with measure() as cost:
        nested("a")
        made("landmarks", "a")
        cached_arrays("strain", "a", lambda: {"array": made("landmarks", "a")})
    assert {kind: len(arrays) for kind, arrays in cost.kept.items()} == {"landmarks": 1, "faces": 1, "strain": 1}


def test_without_a_cache_arrays_cost_what_making_them_took(monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", "off")
    with measure() as cost:
        made("landmarks", "a")
    assert cost.seconds < 0.3 <= cost.kept["landmarks"][next(iter(cost.kept["landmarks"]))][0]


def test_an_array_without_its_cost_is_made_again(tmp_path):
    made("landmarks", "a")
    (path,) = tmp_path.glob("arrays/landmarks/*.npz")
    np.savez(path, array=np.arange(9))
    with measure() as cost:
        np.testing.assert_array_equal(made("landmarks", "a"), np.arange(3))
    assert cost.kept["landmarks"]
    with np.load(path) as stored:
        assert json.loads(str(stored["megc_cost"])) == cost.kept


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_count_for_the_one_who_waits_for_them(jobs):
    run_parallel(held, [1] * jobs, jobs)  # workers that have started
    with measure() as cost:
        found = run_parallel(partial(held, seconds=0.5), [1, 1, 1, 1], jobs)
    assert found == [MB] * 4
    assert 4 * 0.5 <= cost.seconds < 3  # with the waiting it were 4 on one worker, 3 on two


def test_what_workers_made_and_found_comes_back():
    with measure() as cost:
        run_parallel(nested, ["a", "b", "a"], 2)
    assert {kind: len(arrays) for kind, arrays in cost.kept.items()} == {"landmarks": 2, "faces": 2}


@tells_memory
def test_growth_is_the_peak_beyond_what_was_held_before():
    kept = np.ones(40 * MB, np.uint8)
    with measure() as cost:
        held(60)
    assert cost.growth == pytest.approx(60 * MB, abs=8 * MB)
    assert kept.all()


@tells_memory
@pytest.mark.parametrize("jobs", [1, 2])
def test_growth_does_not_depend_on_what_ran_before(jobs):
    def growth(megabytes):
        with measure() as cost:
            run_parallel(held, [megabytes], jobs)
        return cost.growth

    growth(1)  # workers that have started
    light, heavy = growth(20), growth(150)
    assert light == pytest.approx(20 * MB, abs=8 * MB)
    assert heavy == pytest.approx(150 * MB, abs=8 * MB)
    assert growth(20) == pytest.approx(light, abs=8 * MB)


@tells_memory
def test_growth_of_a_block_holds_that_of_the_blocks_in_it_and_nothing_that_is_set_apart():
    with measure() as outer:
        mine = np.ones(20 * MB, np.uint8)
        with measure() as inner:
            held(50)
        with apart() as other:
            held(200)
            stays = np.ones(30 * MB, np.uint8)
        held(10)
    assert inner.growth == pytest.approx(50 * MB, abs=8 * MB)
    assert other.growth == pytest.approx(200 * MB, abs=8 * MB)
    assert outer.growth == pytest.approx(70 * MB, abs=8 * MB)
    assert mine.all()
    assert stays.all()


@tells_memory
def test_a_block_that_fails_leaves_the_others_measured():
    with measure() as outer:
        with pytest.raises(KeyError), apart():
            held(100)
            raise KeyError
        held(30)
    assert outer.growth == pytest.approx(30 * MB, abs=8 * MB)
    assert costs.under_way() is None
    assert costs._Growth.under_way == []


@tells_memory
def test_where_the_system_keeps_no_peak_a_thread_looks_on(monkeypatch):
    monkeypatch.setattr(costs, "_can_set_back", lambda: False)
    monkeypatch.setattr(costs, "LOOK", 0.005)
    looking = True

    def look_on():
        while looking:
            time.sleep(costs.LOOK)
            with costs._Growth.lock:
                costs._Growth.note()

    thread = costs.threading.Thread(target=look_on, daemon=True)
    thread.start()
    with measure() as cost:
        held(60, seconds=0.1)
    looking = False
    thread.join()
    assert cost.growth == pytest.approx(60 * MB, abs=8 * MB)


def test_where_the_system_tells_no_memory_growth_is_not_known(monkeypatch):
    monkeypatch.setattr(costs, "_memory", lambda: None)
    with measure() as cost, apart() as inner:
        held(1)
    assert (cost.growth, cost.growth_mb, inner.growth) == (None, None, None)
    assert kept_by(inner, "faces", "a")["faces"]["a"][1] == 0.0
