"""`detect_anomaly` names the user's own line, wherever the file lies. What else it does is tested in test_hostile."""

from pathlib import Path

import pytest

import autograd
from autograd import Tensor, Value, detect_anomaly

ROOT = Path(autograd.__file__).parent.parent
CODE = "def compute(x):\n    return x.log()\n"


def message(file: Path, x: Value | Tensor) -> str:
    """What the error says of an anomaly in line 2 of `file`."""
    namespace: dict[str, object] = {}
    exec(compile(CODE, str(file), "exec"), namespace)
    with pytest.raises(ArithmeticError) as caught, detect_anomaly():
        namespace["compute"](x)                     # type: ignore[operator]
    return str(caught.value)


@pytest.mark.parametrize("x", [Value(0.0), Tensor([0.0], requires_grad=True)], ids=["Value", "Tensor"])
@pytest.mark.parametrize("name", ["nn_experiment.py", "autograd_demo.py", "nn.py", "autograd.py", "nn-old/net.py",
                                  "autograd_2/try.py", "demos/xor.py", "notes.py"])
def test_a_file_beside_the_packages_is_the_users(name: str, x: Value | Tensor) -> None:
    assert f"({ROOT / name}, line 2)" in message(ROOT / name, x)


@pytest.mark.parametrize("x", [Value(0.0), Tensor([0.0], requires_grad=True)], ids=["Value", "Tensor"])
@pytest.mark.parametrize("name", ["nn/layers.py", "autograd/functional/losses.py"])
def test_a_file_in_the_packages_is_not(name: str, x: Value | Tensor) -> None:
    assert f"({__file__}, line " in message(ROOT / name, x)


@pytest.mark.parametrize("x", [Value(0.0, "p"), Tensor([1.0, 0.0], requires_grad=True, label="p")],
                         ids=["Value", "Tensor"])
def test_a_gradient_is_checked_before_any_is_assigned(x: Value | Tensor) -> None:
    with detect_anomaly():
        root = x ** 0.5 * 2.0
        loss = root.sum() if isinstance(root, Tensor) else root
        with pytest.raises(ArithmeticError, match=r"the gradient it passes to p is inf.*line \d+"):
            loss.backward()
    assert loss.grad is None or loss.grad == 0.0
    assert x.grad is None or x.grad == 0.0
