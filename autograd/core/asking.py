"""Who asks a node for its number. `float(v)` says that the number is wanted; elsewhere its gradient is lost in silence.

To Python `float(v)`, `math.exp(v)` and `array[0] = v` are one question, `v.__float__()`. The code of the frame that
asks tells them apart. Where it does not, as in `map(math.exp, values)`, the number is given.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import CodeType, FrameType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dis import Instruction

__all__ = ["refuse_silent"]

_STORED = ("[]=",)
_SHOWING = ("matplotlib",)                          # which draws numbers, and nothing is computed with them
_PASSED_OVER = {"PUSH_NULL", "NOP", "RESUME", "COPY_FREE_VARS", "EXTENDED_ARG"}
_QUESTIONS = {"isnan", "isinf", "isfinite", "isclose", "floor", "ceil", "trunc"}        # whose answers have no slope


def refuse_silent(kind: str, detached: str) -> None:
    """Raise where the caller's caller computes with a float in place of the node.

    Raises:
        TypeError: for a function of `math`, and for item assignment, as it would be in micrograd and in JAX.
    """
    frame: FrameType = sys._getframe(2)
    by_numpy = _package(frame) == "numpy"           # in Python: then who called NumPy matters
    while _package(frame) == "numpy" and frame.f_back is not None:
        frame = frame.f_back
    path = _asker(frame.f_code, frame.f_lasti)
    if _package(frame) in _SHOWING or not (path or by_numpy):
        return
    if path is _STORED:
        raise TypeError(f"item assignment: an array of floats can't hold a {kind}, whose gradient would be lost; "
                        f"expected a number, such as {detached} gives, or a list of the {kind}s")
    asker = _found(frame, path)
    name, module = getattr(asker, "__name__", ""), getattr(asker, "__module__", "")
    if by_numpy or _is_numpys(asker):
        name, module = ".".join(path[1:]) or name or "function", "np"
    elif module not in ("math", "cmath") or name in _QUESTIONS:
        return
    raise TypeError(f"{module}.{name}: it computes with floats, and the gradient of a {kind} would be "
                    f"lost; use the {kind}'s own methods, such as .exp() and .tanh(), or {detached}")


def _package(frame: FrameType) -> str:
    package: str = frame.f_globals.get("__name__", "").partition(".")[0]
    return package


def _is_numpys(asker: Any) -> bool:
    """Whether it is a function of NumPy, or a method of what NumPy made. A type is not: `np.float64(v)` says float."""
    owner = getattr(asker, "__self__", None)
    modules = getattr(asker, "__module__", None), type(owner).__module__, type(asker).__module__
    return not isinstance(asker, type) and any([str(module).partition(".")[0] == "numpy" for module in modules])


@lru_cache(maxsize=4096)
def _asker(code: CodeType, at: int) -> tuple[str, ...]:
    """By which names the function that is called at this place was looked up; nothing where that can't be read."""
    import dis  # late: it takes longer to load than all of this room

    steps = [step for step in dis.get_instructions(code) if step.offset <= at]
    last = steps.pop()
    if last.opname == "STORE_SUBSCR":
        return _STORED
    if "CALL" not in last.opname:
        return ()

    def effect(step: Instruction) -> int:           # on how much stands on the stack
        return dis.stack_effect(step.opcode, step.arg if step.opcode >= dis.HAVE_ARGUMENT else None, jump=False)

    missing = 1 - effect(last)                     # what the call takes from the stack: go back to where it was empty
    while missing > 0 and steps:
        missing -= effect(steps.pop())
    if missing:
        return ()
    call = [step for step in dis.get_instructions(code) if step.offset <= at][len(steps):]
    if any([step.opname.startswith("LOAD_") and step.argval in ("__setitem__", "setitem", "fill") for step in call]):
        return _STORED
    path: list[str] = []
    for step in call:
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") if path else step.opname.startswith("LOAD_"):
            both = isinstance(step.argval, tuple)   # one instruction for the function and its first argument
            path.append(str(step.argval[0] if both else step.argval))
            if both:
                break
        elif step.opname not in _PASSED_OVER:
            break
    return tuple(path)


def _found(frame: FrameType, path: tuple[str, ...]) -> Any:
    """What these names stand for there; None for what only running code could tell."""
    name, *rest = path
    for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in names:
            found = names[name]
            break
    else:
        return None
    for attribute in rest:
        if not isinstance(found, (ModuleType, type)) and type(found).__module__ != "numpy":
            return None
        found = getattr(found, attribute, None)
    return found
