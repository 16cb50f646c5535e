"""Whether a submission writes its gradients or borrows them: from `.grad`, the engine, or the checker's own truth.

It reads the file and runs nothing. What the starter does itself (`loss.backward()`) is no finding, nor is what is only
printed, compared by `cmp` or asserted: looking is allowed. Ways around, as `getattr` and `eval`, are findings.
`taken` follows what was borrowed, by way of other variables and of functions, to the answers made from it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from autograd.learn.languages import tell

__all__ = ["assigned", "borrowed", "taken"]

ENGINE = {"backward", "grad", "vjp", "jvp", "jacobian", "hessian", "gradcheck", "source", "replay", "derive", "explain",
          "paths", "contributions", "cross_entropy_gradient", "requires_grad_", "gradient", "diagnose", "diagnosis",
          "register_hook", "grad_fn", "partials", "pulled", "op"}
AROUND = {"getattr", "eval", "exec", "compile", "vars", "globals", "locals", "__import__", "attrgetter",
          "import_module", "__dict__", "__getattribute__", "__globals__", "__builtins__", "__subclasses__",
          "__reduce__", "__reduce_ex__", "__getstate__", "__code__", "__closure__",
          "_getframe", "f_back", "f_locals", "f_globals", "tb_frame", "__stand_in__", "__todo__", "redirect_stdout"}
LIBRARIES = {"gc", "inspect", "importlib", "ctypes", "subprocess", "pickle", "marshal", "dill", "cloudpickle", "torch",
             "jax", "tensorflow", "numdifftools"}
_OPEN = {"functional"}                              # the room of autograd that an answer may import from
_INSIDE = {"_grad", "_notes", "_da", "_db", "_a", "_b"}             # where the engine keeps what it knows


def borrowed(text: str, starter: str) -> list[dict[str, object]]:
    """What `text` does more often than `starter`, by line: [{"line": 12, "what": "reads .grad"}, …].

    >>> borrowed("dx = 2 * x", "dx = None"), borrowed("dx = x.grad", "dx = None")
    ([], [{'line': 1, 'what': 'reads .grad'}])
    """
    try:
        found, own = sorted(_findings(ast.parse(text))), list(_findings(ast.parse(starter)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    begun = list(ast.walk(ast.parse(starter)))
    if any(isinstance(node, ast.ClassDef) for node in begun) and not any(map(_ours, begun)):
        # An engine of the learner's own: its .grad and backward are what is asked for, and no other engine is wanted.
        found = [(line, what) for line, what in found if what.startswith(("goes around", "imports"))
                 and what.split()[-1] not in ("getattr", "vars", "__dict__")]
        found += [(node.lineno, tell("imports the engine")) for node in ast.walk(ast.parse(text)) if _ours(node)]
    lines, own_lines = text.splitlines(), starter.splitlines()
    allowed = Counter((what, own_lines[line - 1].strip()) for line, what in own)    # the starter's lines, each once
    listed: list[dict[str, object]] = []
    for line, what in sorted(found):
        place = (what, lines[line - 1].strip())
        if allowed[place]:
            allowed[place] -= 1
        else:
            listed.append({"line": line, "what": what})
    return listed


def taken(text: str, starter: str, asked: list[str]) -> dict[str, str]:
    """The answers made from what is borrowed, and why: {"dx": "line 12 reads .grad"}.

    >>> taken("mine = x.grad\\ndx = 2 * mine\\ndy = 3", "", ["dx", "dy"])
    {'dx': 'line 2 uses `mine`, and line 1 reads .grad'}
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found = {finding["line"]: str(finding["what"]) for finding in reversed(borrowed(text, starter))}
    reason: dict[str, tuple[str, str]] = {}         # where it was borrowed, and by way of which line it came
    before = -1
    while len(reason) > before:                     # a function may be defined above what it borrows from
        before = len(reason)
        for statement in body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if statement.lineno in found:
                    for alias in statement.names:
                        reason.setdefault((alias.asname or alias.name).split(".")[0],
                                          (where(statement.lineno, found[statement.lineno]), ""))
                continue
            names = {statement.name} if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else assigned(statement)
            lines = [line for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                     if line in found]
            used = sorted({node.id for node in ast.walk(statement) if isinstance(node, ast.Name)
                           and isinstance(node.ctx, ast.Load) and node.id in reason} - set(asked) - names)
            if lines:
                why = where(lines[0], found[lines[0]]), ""
            elif used:
                why = reason[used[0]][0], tell("line {line} uses `{name}`", line=statement.lineno, name=used[0])
            elif _reads_a_text(statement):
                why = where(statement.lineno, tell("reads it from a text")), ""
            else:
                continue
            for name in names:
                reason.setdefault(name, why)
    return {name: tell("{by}, and {source}", by=by, source=source) if by else source
            for name, (source, by) in reason.items() if name in asked}


def where(line: int, does: str) -> str:
    return tell("line {line} {does}", line=line, does=does)


def assigned(statement: ast.stmt) -> set[str]:
    """The names that a statement, or one within it, assigns or changes in place."""
    found = set()
    for node in ast.walk(statement):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.comprehension)):
            targets = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            targets = [node.func.value] if node.func.attr in ("append", "extend", "update", "add_", "copy_") else []
        for x in targets:
            while isinstance(x, (ast.Subscript, ast.Attribute)):
                x = x.value
            found |= {y.id for y in ast.walk(x) if isinstance(y, ast.Name)}
    return found


def _reads_a_text(statement: ast.stmt) -> bool:
    """Whether numbers are read from how a node prints itself: a Value's text shows its gradient."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    called = {node.func.id for node in ast.walk(statement.value)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    texts = any(isinstance(node, ast.JoinedStr) for node in ast.walk(statement.value))
    return "float" in called and (texts or bool(called & {"repr", "str", "format", "ascii"}))


def _ours(node: ast.AST) -> bool:
    """Whether this imports anything of the engine's or of its lessons."""
    return isinstance(node, (ast.Import, ast.ImportFrom)) and any(
        module.split(".")[0] in ("autograd", "nn", "demos", "ninjagrad") for module in _from(node))


def _from(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules an import names."""
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def _findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    stack: list[ast.AST] = [tree]
    everything = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
                                            and ast.unparse(node.value.func) in ("print", "cmp")):
            continue                                # a look, of which nothing is kept
        stack += ast.iter_child_nodes(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for module in _from(node):
                top, *rest = module.split(".")
                if top in LIBRARIES or (top in ("demos", "ninjagrad") and not module.endswith(".lesson")) \
                        or (top in ("autograd", "nn") and rest and rest[0] not in _OPEN):
                    yield node.lineno, tell("imports {module}", module=module)
            if isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, tell("uses the engine's {name}", name=alias.name)) for alias in node.names
                            if alias.name in ENGINE)
            continue
        if isinstance(node, ast.MatchClass) and "grad" in node.kwd_attrs:
            yield node.lineno, tell("reads .grad")
        if isinstance(node, ast.Constant) and re.search(r"\{[^{}]*\.grad\b", str(node.value)):
            yield node.lineno, tell("reads .grad")        # "{0.grad}".format(x)
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
        if name is None or not isinstance(node.ctx, ast.Load):      # type: ignore[attr-defined]
            continue
        if name == "grad" and isinstance(node, ast.Attribute):
            yield node.lineno, tell("reads .grad")
        elif name in AROUND:
            yield node.lineno, tell("goes around by {name}", name=name)
        elif isinstance(node, ast.Attribute) and name in _INSIDE:
            yield node.lineno, tell("reads the engine's {name}", name=name)
        elif name in ENGINE and (isinstance(node, ast.Attribute) or everything):
            yield node.lineno, tell("uses the engine's {name}", name=name)
