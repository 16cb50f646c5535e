"""Whether a submission writes its gradients or borrows them: from `.grad`, the engine, or the checker's own truth.

It reads the file and runs nothing. What the starter does itself (`loss.backward()`) is no finding, nor is what is only
printed, compared by `cmp` or asserted: looking is allowed. Ways around, as `getattr` and `eval`, are findings.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

__all__ = ["borrowed"]

ENGINE = {"backward", "grad", "vjp", "jvp", "jacobian", "hessian", "gradcheck", "source", "replay", "derive", "explain",
          "paths", "contributions", "cross_entropy_gradient", "requires_grad_"}
AROUND = {"getattr", "eval", "exec", "compile", "vars", "globals", "locals", "__import__", "attrgetter",
          "import_module", "__dict__", "__getattribute__", "__globals__", "__builtins__", "__subclasses__",
          "_getframe", "f_back", "f_locals", "f_globals", "tb_frame"}
LIBRARIES = {"gc", "inspect", "importlib", "ctypes", "subprocess", "torch", "jax", "tensorflow", "numdifftools"}


def borrowed(text: str, starter: str) -> list[dict[str, object]]:
    """What `text` does more often than `starter`, by line: [{"line": 12, "what": "reads .grad"}, …].

    >>> borrowed("dx = 2 * x", "dx = None"), borrowed("dx = x.grad", "dx = None")
    ([], [{'line': 1, 'what': 'reads .grad'}])
    """
    try:
        found, own = sorted(_findings(ast.parse(text))), list(_findings(ast.parse(starter)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    lines, own_lines = text.splitlines(), starter.splitlines()
    allowed = Counter((what, own_lines[line - 1].strip()) for line, what in own)    # the starter's lines, each once
    listed: list[dict[str, object]] = []
    for line, what in found:
        place = (what, lines[line - 1].strip())
        if allowed[place]:
            allowed[place] -= 1
        else:
            listed.append({"line": line, "what": what})
    return listed


def _findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
                                            and ast.unparse(node.value.func) in ("print", "cmp")):
            continue                                # a look, of which nothing is kept
        stack += ast.iter_child_nodes(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names]
            modules = names if isinstance(node, ast.Import) else [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                if top in LIBRARIES or (top in ("demos", "ninjagrad") and not module.endswith(".lesson")):
                    yield node.lineno, f"imports {module}"
            if isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"uses the engine's {name}") for name in names if name in ENGINE)
            continue
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
        if name is None or not isinstance(node.ctx, ast.Load):      # type: ignore[attr-defined]
            continue
        if name == "grad" and isinstance(node, ast.Attribute):
            yield node.lineno, "reads .grad"
        elif name in AROUND:
            yield node.lineno, f"goes around by {name}"
        elif name in ENGINE and isinstance(node, ast.Attribute):
            yield node.lineno, f"uses the engine's {name}"
