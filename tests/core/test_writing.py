"""What is written out for speed says what the plain lines say."""

import itertools
import math
import subprocess
import sys
from types import FunctionType

import pytest

from autograd import Value
from autograd.core.op import TABLE

AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -8.0, 709.0, 710.0, -750.0, 1e308, -1e308, 5e-324, 1e-200, 1e200,
           math.pi, math.inf, -math.inf, math.nan]
SEEN = [name for name, method in vars(Value).items() if getattr(method, "slow", None) is not None
        or (isinstance(method, FunctionType) and hasattr(method, "__wrapped__"))]


def same(x, y):
    return (x == y and math.copysign(1, x) == math.copysign(1, y)) or (x != x and y != y)


def test_the_methods_one_writes_can_be_seen():
    assert {"__add__", "__mul__", "__truediv__", "exp", "log", "tanh"} <= set(SEEN)


@pytest.mark.parametrize("name", SEEN)
def test_the_faster_text_says_what_the_lines_in_value_say(name):
    getattr(Value, name)
    written = getattr(Value, name)                  # the second look-up compiles it
    seen = written.__wrapped__
    assert seen.__code__.co_filename.endswith("value.py")
    assert "<autograd" in written.__code__.co_filename
    arity = seen.__code__.co_argcount
    for xs in itertools.product(AWKWARD, repeat=arity):
        plain, fast = seen(*map(Value, xs)), written(*map(Value, xs))
        assert same(plain.data, fast.data), xs
        assert all(map(same, plain.partials, fast.partials)), xs
        assert plain.op is fast.op
        assert [x.data for x in plain.inputs if x.data == x.data] == [x.data for x in fast.inputs if x.data == x.data]
        if arity == 2:
            assert same(seen(Value(xs[0]), xs[1]).data, plain.data)


def test_every_row_is_a_method_of_both_under_all_its_names():
    from autograd import Tensor
    for op in TABLE.values():
        for name in op.methods:
            assert callable(getattr(Value, name))
            assert callable(getattr(Tensor, name))


def test_the_declarations_are_the_tables():
    """`Operators` declares for type checkers what the rows give."""
    import inspect

    from autograd.core import operators
    text = inspect.getsource(operators)
    missing = [name for op in TABLE.values() for name in op.methods if f"def {name}(self" not in text]
    assert not missing, f"core/operators.py does not declare {missing}"


PROGRAM = """
import sys
from types import FunctionType
if sys.argv[1] == "without":
    sys.modules["numpy"] = None
import math
from autograd.core.op import TABLE
from autograd.core.value import Value
extremes = [0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, 1e-16, 0.1, 0.5, 1.0, 2.0, 3.0, 36.0, 709.0, 710.0,
            745.0, 1e16, 1e200, 1e308, 1.7976931348623157e308, math.inf]
extremes += [-x for x in extremes] + [math.nan]
assert len(extremes) == 41
for op in TABLE.values():
    for x in extremes:
        for rest in ([(y, 2.0)[:op.arity - 1] for y in extremes] if op.arity > 1 else [()]):
            leaves = [Value(x), *map(Value, rest)]
            out = Value.apply(op, *leaves)
            out.backward()
            print(op.name, out.data, *[leaf.grad for leaf in leaves])
print("numpy" in sys.modules and sys.modules["numpy"] is not None, file=sys.stderr)
"""


def test_every_row_on_the_extreme_floats_without_numpy_to_the_bit():
    ran = [subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
           for how in ("with", "without")]
    assert ran[0].stdout == ran[1].stdout
    assert ran[0].stdout.count("\n") > 41 * len(TABLE)
    assert [one.stderr for one in ran] == ["False\n", "False\n"]      # nothing imports NumPy, be it there or not
