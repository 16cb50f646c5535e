"""What a module calls its parameters: the path that leads to them, as in `fc1.weight`.

A graph knows which modules it ran through, by the notes their calls left. Nothing here knows nn; a module is asked
only for `named_modules()` and `named_parameters()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd.core.carrying import calls
from autograd.core.graph import Node

__all__ = ["paths"]


def paths(order: Iterable[Node], names: Mapping[str, object]) -> dict[Node, str]:
    """The parameters in a graph, with their paths in the outermost module that holds them.

    Where there are several such modules, a path begins with what `names` calls the module.
    """
    order = list(order)
    called = {id(module): name for name, module in names.items()
              if hasattr(module, "named_parameters") and not isinstance(module, type)}
    modules: dict[int, Any] = {id(module): module for module in names.values() if id(module) in called}
    for call in [call for node in order for call in calls(node)]:
        module = call.module()
        if module is not None:
            modules.setdefault(id(module), module)
    inner = {id(part) for module in modules.values() for _, part in module.named_modules() if part is not module}
    used = {node for node in order if node.op is None}
    outermost = [(called.get(key, ""), found) for key, module in modules.items() if key not in inner
                 and (found := [(path, x) for path, x in module.named_parameters() if x in used])]
    alone = len(outermost) == 1
    whole: dict[Node, str] = {}
    for name, found in outermost:
        for path, x in found:
            whole.setdefault(x, path if alone or not name else f"{name}.{path}")
    return whole
