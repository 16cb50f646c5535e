"""Signals, threads, tasks and generators at random moments: gradients are whole or as before, modes where they belong.

An alarm stands in for Ctrl-C: its handler raises at a moment nobody chose.
"""

import asyncio
import gc
import random
import signal
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, detect_anomaly, enable_grad, is_grad_enabled, no_grad
from autograd.core.nary import total

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")


@contextmanager
def alarms():
    def ring(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    gc.disable()                                    # what is raised while it calls back, is lost
    try:
        yield
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def interrupted(work, after):
    """Whether an alarm after so many seconds stopped the work."""
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        work()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return False


def of_values(nary):
    net = nn.MLP(3, [6, 6, 1], nary=nary)
    points = [[0.3, -0.2, 0.9], [0.1, 0.5, -0.4], [-0.7, 0.2, 0.3]]
    parameters = net.parameters()
    return sum((net(x) - 1.0) ** 2 for x in points) + total([p * p for p in parameters]), parameters


def of_tensors():
    weights = [Tensor(np.linspace(-1, 1, 16).reshape(4, 4) + i / 10, requires_grad=True) for i in range(6)]
    h = Tensor(np.eye(4))
    for w in weights * 3:
        h = (h @ w).tanh() + w
    return h.sum(), weights


@needs_alarms
@pytest.mark.parametrize("graph", [lambda: of_values(False), lambda: of_values(True), of_tensors],
                         ids=["values", "values, nary", "tensors"])
def test_a_pass_stopped_at_any_moment_leaves_no_part_of_a_sum(graph):
    loss, leaves = graph()
    chance = random.Random(3)
    kind = Value if isinstance(loss, Value) else Tensor

    def start():
        for i, leaf in enumerate(leaves):
            leaf.grad = 0.1 * i if kind is Value else np.full(leaf.shape, 0.1 * i)
        return numbers()

    def numbers():
        return [leaf.grad if kind is Value else leaf.grad.tolist() for leaf in leaves]

    before = start()
    loss.backward()
    whole, stopped = numbers(), 0
    with alarms():
        for _ in range(400):
            start()
            stopped += interrupted(loss.backward, chance.uniform(1e-6, 5e-4))
            found = numbers()
            if kind is Value:
                assert found in (before, whole)
            else:                                   # of each leaf by itself: an array is added at once
                assert all(isinstance(x, list) for x in found)
    assert stopped > 20
    start()
    loss.backward()
    assert numbers() == whole


def test_a_step_by_hand_that_fails_adds_nothing():
    a, b = Value(2.0), Value(3.0)
    a.grad, b.grad = 0.5, 0.25
    c = a * b
    broken = Value(1.0, (c,), "broken")

    def step():
        raise RuntimeError("by hand")

    broken._backward = step
    with pytest.raises(RuntimeError, match="by hand"):
        (broken * a + b).backward()
    assert (a.grad, b.grad) == (0.5, 0.25)
    (a * b).backward()
    assert (a.grad, b.grad) == (3.5, 2.25)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_passes_over_shared_nodes_lose_no_addition(kind):
    w = Value(1.0) if kind is Value else Tensor(1.0, requires_grad=True)
    shared = w
    for _ in range(30):
        shared = shared * 1.0
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [(shared * 1.0).backward() for _ in range(100)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert (w.grad if kind is Value else w.grad.item()) == 400


def walk(chance, steps):
    """A generator that goes in and out of modes as it likes, yields within them, and knows what must hold there."""
    for _ in range(steps):
        on = chance.random() < 0.5
        with enable_grad() if on else no_grad():
            yield is_grad_enabled() == on
        if chance.random() < 0.3:
            return


@pytest.mark.parametrize("seed", range(20))
def test_tasks_and_threads_keep_their_modes_to_themselves(seed):
    """Each asks at every step; a generator left in the middle of a mode reaches nobody else."""
    right = []

    async def task(number):
        chance = random.Random(1000 * seed + number)
        for _ in range(5):
            on = chance.random() < 0.5
            with enable_grad() if on else no_grad():
                await asyncio.sleep(0)
                right.append(is_grad_enabled() == on)
                right.append((Tensor(1.0, requires_grad=True) * 2.0).requires_grad == on)
            right.append(is_grad_enabled())

    async def several(number):
        await asyncio.gather(*[task(10 * number + i) for i in range(3)])

    def thread(number):
        asyncio.run(several(number))
        left.append(walk(random.Random(77 * seed + number), 3))
        right.append(next(left[-1]))                # it lies still within a mode, and the thread ends

    left = []
    asyncio.run(several(0))
    for number in range(3):
        ran = threading.Thread(target=thread, args=(number,))
        ran.start()
        ran.join()
        right.append(is_grad_enabled())
    left.clear()
    assert is_grad_enabled()
    assert all(right)
    assert len(right) == 4 * 3 * 15 + 6


@pytest.mark.parametrize("seed", range(20))
def test_generators_that_end_in_any_order_leave_no_mode_behind(seed):
    chance = random.Random(seed)
    alive = [walk(chance, 2) for _ in range(4)]
    while alive:
        one = chance.choice(alive)
        if chance.random() < 0.2 or next(one, None) is None:
            one.close()
            alive.remove(one)
    assert is_grad_enabled()
    for mode in (detect_anomaly, enable_grad):      # which asks for more than whether any mode is on
        with mode():
            assert is_grad_enabled()
            assert (Tensor(1.0, requires_grad=True) * 2.0).requires_grad


def test_generators_interleaved_in_one_thread_end_where_they_began():
    chance = random.Random(5)
    for _ in range(50):
        alive = [walk(chance, 3) for _ in range(3)]
        while alive:
            one = alive[-1]                         # like calls, the last begun ends first
            try:
                assert next(one)
            except StopIteration:
                alive.pop()
        assert is_grad_enabled()
