"""The house: which room may know which, and that it is so. Every import counts, those inside functions too."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent

# A floor may know the floors before it, and the rooms of its own floor only where `WITHIN` says so.
FLOORS = [["core"], ["arrays"], ["functional", "derivatives", "replaying", "codegen", "deriving"], ["learn"], ["see"],
          ["nn"], ["demos", "benchmarks", "ninjagrad"]]
WITHIN = {("derivatives", "functional")}            # none knows another, but for these
DOORS = {"autograd", "autograd.extend", "autograd.nn", "autograd.optim"}    # what only hands on what is in the rooms


def modules() -> dict[str, Path]:
    """Every module of the packages by its name, as `autograd.core.ops`."""
    found = {}
    for package in ("autograd", "nn", "demos", "benchmarks", "ninjagrad"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of ours that a module imports, wherever in it the import stands; for type checkers alone: not."""
    found: set[str] = set()
    stack: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while stack:
        node = stack.pop()
        if typing_only(node):
            stack += node.orelse                    # type: ignore[attr-defined]
            continue
        stack += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.level > 0) <= (room(name) == "demos"), f"{name}: imports are written in full, but for demos"
            module = node.module or ""
            if node.level:                          # demos have two names, and so know each other by relative ones
                package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
                base = package[:len(package) - node.level + 1]
                module = ".".join(base + ([module] if module else []))
            for alias in node.names:
                deeper = f"{module}.{alias.name}"
                found.add(deeper if deeper in known else module)
    return {x for x in found if x in known} - {name}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "autograd" and len(parts) > 1 else parts[0]


def floor(name: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if room(name) in rooms)


def test_every_module_lies_in_a_room():
    lost = [name for name in modules() if name not in DOORS and not any(room(name) in rooms for rooms in FLOORS)]
    assert not lost, f"{lost} lie in no room that tests/test_structure.py knows"


def test_arrows_run_one_way():
    known = modules()
    wrong = []
    for name, path in known.items():
        if name in DOORS:
            continue
        for other in imports(name, path, known):
            if other in DOORS:
                if floor(name) < floor("nn"):
                    wrong.append(f"{name} enters by the front door ({other}); name the room")
            elif floor(other) > floor(name) or (floor(other) == floor(name) and room(other) != room(name)
                                                and (room(name), room(other)) not in WITHIN
                                                and floor(name) < floor("nn")):
                wrong.append(f"{name} knows {other}")
    assert not wrong, "\n".join(wrong)


def test_there_is_no_circle():
    known = modules()
    arrows = {name: imports(name, path, known) - DOORS for name, path in known.items() if name not in DOORS}
    done: set[str] = set()

    def enter(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " knows ".join((*way[way.index(name):], name))
        if name not in done:
            for other in sorted(arrows[name]):
                enter(other, (*way, name))
            done.add(name)

    for name in arrows:
        enter(name, ())


def test_nothing_in_autograd_itself_bears_the_name_of_a_function():
    """Importing `autograd.replay`, were there such a module, would hide the function `replay`."""
    import autograd
    names = {path.stem for path in (ROOT / "autograd").iterdir() if path.name != "__pycache__"}
    assert not names & set(dir(autograd)) - {"functional", "extend", "derivatives", *{x[0] for x in FLOORS}} & {
        name for name in dir(autograd) if callable(getattr(autograd, name, None))}


# Modules whose tests stand with those of a neighbour: what one can't be tried without the other.
BESIDE = {
    "autograd/core/op": "core/test_ops", "autograd/core/plain": "demos/test_terminal",
    "autograd/core/floats": "core/test_writing", "autograd/core/numbers":
    "core/test_writing", "autograd/core/interior": "core/test_graph", "autograd/core/operators": "core/test_writing",
    "autograd/core/nary": "core/test_value", "autograd/core/symbols": "core/test_ops",
    "autograd/core/modes": "test_hostile", "autograd/core/carrying": "test_engine_limits",
    "autograd/arrays/structural": "core/test_ops", "autograd/arrays/steps": "test_mutations",
    "autograd/arrays/convert": "arrays/test_tensor", "autograd/arrays/dims": "arrays/test_reductions",
    "autograd/arrays/joining": "arrays/test_tensor",
    "autograd/arrays/silence": "test_hostile",
    "autograd/learn/contributions": "see/test_explain", "autograd/learn/alike": "learn/test_diagnose",
    "autograd/learn/mistakes": "learn/test_diagnose", "autograd/learn/shapes": "learn/test_diagnose",
    "autograd/learn/suspicions": "learn/test_diagnose", "autograd/learn/german": "learn/test_languages",
    "autograd/see/tree": "see/test_draw",
    "autograd/see/dot": "see/test_draw", "autograd/see/mathematics": "see/test_draw",
    "autograd/see/naming": "see/test_draw", "autograd/see/telling": "see/test_explain",
    "autograd/core/comparing": "replaying/test_choices", "autograd/core/ufuncs": "test_slips",
    "autograd/core/showing": "see/test_display", "autograd/see/page": "see/test_display",
    "nn/displays": "see/test_display",
    "autograd/see/paths": "see/test_explain", "nn/losses": "nn/test_layers", "nn/module": "nn/test_layers",
    "nn/neurons": "nn/test_layers", "nn/activations": "nn/test_layers",
    **{f"autograd/functional/{name}": "functional/test_functional" for name in (
        "probabilities", "crossentropy", "losses", "information", "layers", "tensors", "given",
        "targets")},
    "autograd/arrays/below": "functional/test_functional", "autograd/core/names": "test_ports",
    "autograd/nn": "test_ports", "autograd/optim": "test_ports", "nn/containers": "test_ports", "nn/init": "test_ports",
    **{f"autograd/arrays/{name}": "test_ports" for name in ("chance", "devices", "files", "missing", "questions")},
    **{f"autograd/deriving/{name}": "deriving/test_derive" for name in (
        "axes", "board", "copies", "derivation", "fields", "indexed", "matrices", "moves", "numbers", "points",
        "reading", "rewriting", "shown")},
    **{f"autograd/learn/{name}": "learn/test_diagnose" for name in ("formulas", "kinds", "search")},
    **{f"autograd/replaying/{name}": "replaying/test_replay" for name in (
        "flat", "tapes", "groups", "batches", "program")},
    **{f"autograd/codegen/{name}": "codegen/test_source" for name in (
        "text", "page", "moving", "crossentropy", "libraries/numpys", "libraries/torches", "libraries/jaxes")},
}


def test_tests_mirror_the_rooms():
    """The tests of autograd/see/draw.py are tests/see/test_draw.py, or stand where `BESIDE` says."""
    lost = []
    for package in ("autograd", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name == "__init__.py":
                continue
            module = path.relative_to(ROOT).with_suffix("")
            own = module.relative_to("autograd") if package == "autograd" else module
            place = BESIDE.get(module.as_posix(), (own.parent / f"test_{own.name}").as_posix())
            if not (ROOT / "tests" / f"{place}.py").exists():
                lost.append(f"{module.as_posix()}: tests/{place}.py")
    assert not lost, "\n".join(lost)
    assert not [module for module in BESIDE if not (ROOT / f"{module}.py").exists()]
