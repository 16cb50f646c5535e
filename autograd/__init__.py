"""ninjagrad: reverse-mode automatic differentiation you can read over coffee.

Nothing is imported before it is wanted: numbers (`Value`, and all that is made of Values alone) need no NumPy, arrays
(`Tensor`) do. Which room a name lives in stands in `_HOME`.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:                                   # for editors and type checkers; see __getattr__
    from autograd.arrays.chance import Generator as Generator
    from autograd.arrays.chance import manual_seed as manual_seed
    from autograd.arrays.devices import device as device
    from autograd.arrays.files import load as load
    from autograd.arrays.files import save as save
    from autograd.arrays.tensor import Tensor as Tensor
    from autograd.arrays.tensor import cat as cat
    from autograd.arrays.tensor import concatenate as concatenate
    from autograd.arrays.tensor import stack as stack
    from autograd.arrays.tensor import tensor as tensor
    from autograd.arrays.tensor import where as where
    from autograd.arrays.torchlike import allclose as allclose
    from autograd.arrays.torchlike import arange as arange
    from autograd.arrays.torchlike import equal as equal
    from autograd.arrays.torchlike import eye as eye
    from autograd.arrays.torchlike import full as full
    from autograd.arrays.torchlike import full_like as full_like
    from autograd.arrays.torchlike import linspace as linspace
    from autograd.arrays.torchlike import multinomial as multinomial
    from autograd.arrays.torchlike import ones as ones
    from autograd.arrays.torchlike import ones_like as ones_like
    from autograd.arrays.torchlike import rand as rand
    from autograd.arrays.torchlike import randint as randint
    from autograd.arrays.torchlike import randn as randn
    from autograd.arrays.torchlike import randperm as randperm
    from autograd.arrays.torchlike import zeros as zeros
    from autograd.arrays.torchlike import zeros_like as zeros_like
    from autograd.codegen.source import source as source
    from autograd.core.modes import enable_grad as enable_grad
    from autograd.core.modes import inference_mode as inference_mode
    from autograd.core.modes import is_grad_enabled as is_grad_enabled
    from autograd.core.modes import no_grad as no_grad
    from autograd.core.value import Value as Value
    from autograd.derivatives import grad as grad
    from autograd.derivatives import hessian as hessian
    from autograd.derivatives import jacobian as jacobian
    from autograd.derivatives import jvp as jvp
    from autograd.derivatives import vjp as vjp
    from autograd.deriving.derive import derive as derive
    from autograd.learn.anomaly import detect_anomaly as detect_anomaly
    from autograd.learn.diagnose import cmp as cmp
    from autograd.learn.diagnose import diagnose as diagnose
    from autograd.learn.gradcheck import gradcheck as gradcheck
    from autograd.replaying.replay import replay as replay
    from autograd.see.draw import draw as draw
    from autograd.see.draw import draw_dot as draw_dot
    from autograd.see.explain import explain as explain
    from autograd.see.paths import paths as paths
    from autograd.see.stepper import stepper as stepper
    from autograd.see.tree import tree as tree

__all__ = ["Tensor", "Value", "cat", "cmp", "concatenate", "derive", "detect_anomaly", "diagnose", "draw", "draw_dot",
           "enable_grad", "explain", "grad", "gradcheck", "hessian", "is_grad_enabled", "jacobian", "jvp", "no_grad",
           "paths", "replay", "source", "stack", "stepper", "tensor", "tree", "vjp", "where"]

_HOME = {
    "Value": "core.value",
    **dict.fromkeys(["enable_grad", "inference_mode", "is_grad_enabled", "no_grad"], "core.modes"),
    **dict.fromkeys(["Generator", "manual_seed"], "arrays.chance"),
    **dict.fromkeys(["backends", "cuda", "device"], "arrays.devices"),
    **dict.fromkeys(["load", "save"], "arrays.files"),
    **dict.fromkeys(["Tensor", "cat", "concatenate", "stack", "tensor", "where"], "arrays.tensor"),
    **dict.fromkeys(["grad", "hessian", "jacobian", "jvp", "vjp"], "derivatives"),
    **dict.fromkeys(["draw", "draw_dot"], "see.draw"),
    "explain": "see.explain",
    "paths": "see.paths",
    "stepper": "see.stepper",
    "tree": "see.tree",
    "detect_anomaly": "learn.anomaly",
    **dict.fromkeys(["cmp", "diagnose"], "learn.diagnose"),
    "gradcheck": "learn.gradcheck",
    "replay": "replaying.replay",
    "source": "codegen.source",
    "derive": "deriving.derive",
    **dict.fromkeys(["softmax", "log_softmax"], "functional"),
    **dict.fromkeys(["allclose", "arange", "as_tensor", "empty", "equal", "eye", "from_numpy", "full", "full_like",
                     "histogram", "is_tensor", "isclose", "linspace", "multinomial", "ones", "ones_like", "rand",
                     "rand_like", "randint", "randn", "randn_like", "randperm", "set_printoptions", "tril", "zeros",
                     "zeros_like"], "arrays.torchlike"),
}


def __getattr__(name: str) -> Any:
    """The names in `_HOME`; PyTorch's dtypes (`float32`); and methods as functions (`tanh(x)`)."""
    if name.startswith("__"):
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    if name in ("nn", "optim"):                     # doors, which code written for PyTorch asks for; the engine doesn't
        return import_module(f"autograd.{name}")
    if name in ("inf", "nan", "pi", "e"):
        found: Any = getattr(import_module("math"), name)
    elif name in _HOME:
        found = getattr(_room(name, _HOME[name]), name)
    else:
        try:
            torchlike = _room(name, "arrays.torchlike")
        except ImportError as error:                # so that hasattr has its answer
            raise AttributeError(f"module 'autograd' has no {name!r}, or {error}") from None
        found = torchlike.DTYPES.get(name) or torchlike.FUNCTIONS.get(name)
        if found is None:
            from autograd.core.names import meant

            raise AttributeError(f"module 'autograd' has no {name!r}: it is outside the subset of PyTorch that is "
                                 f"kept here; dir(autograd) lists what is in it{meant(name, __dir__())}")
    globals()[name] = found
    return found


def _room(name: str, module: str) -> ModuleType:
    try:
        return import_module(f"autograd.{module}")
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise ImportError(f"autograd.{name}: this needs NumPy: pip install numpy") from None


def __dir__() -> list[str]:
    try:
        torchlike = _room("dir", "arrays.torchlike")
    except ImportError:
        return sorted({*globals(), *_HOME})
    return sorted({*globals(), *_HOME, *torchlike.DTYPES, *torchlike.FUNCTIONS})
