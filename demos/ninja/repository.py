"""A template repository for GitHub Classroom: the exercises to fill in, and a workflow that checks them at every push.

GitHub Classroom copies the template for each student, and reads the points from what the workflow's last step reports.
"""

from __future__ import annotations

from pathlib import Path

from .exercises import Exercise

__all__ = ["WORKFLOW", "write"]

WORKFLOW = Path(".github", "workflows", "classroom.yml")

_HEAD = """\
# Written by `ninjagrad class repository`. GitHub Classroom shows the points that the last step reports.
name: Exercises
on: [push, workflow_dispatch, repository_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install
        run: python -m pip install -r requirements.txt
"""
_STEP = """\
      - name: {title}
        id: exercise-{number}
        uses: classroom-resources/autograding-command-grader@v1
        with:
          test-name: {title}
          command: {command}
          timeout: 2
          max-score: {points}
"""
_REPORT = """\
      - name: Report
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{results}
        with:
          runners: {runners}
"""
_README = """\
# Become a backprop ninja

Fill in the TODOs of {files}, and push: the checks run by themselves. To run them on your own machine first:

```sh
python -m pip install -r requirements.txt
{first}
```
"""


def write(folder: Path, known: dict[int, Exercise], version: str, own: bool) -> None:
    """Write the repository into `folder`, which must not hold one.

    Args:
        known: the exercises that are set.
        version: of ninjagrad, for students' machines and GitHub's to agree.
        own: whether they are a teacher's own: then the repository brings what the checker has to know of them.
    """
    where = " --exercises set" if own else ""
    commands = {number: f"ninjagrad ninja check {x.file_name}{where}" for number, x in known.items()}
    steps = [_STEP.format(title=f"Exercise {number}", number=number, command=commands[number],
                          points=max(1, len(x.asked))) for number, x in known.items()]
    results = "\n".join(f"          EXERCISE-{number}_RESULTS: ${{{{ steps.exercise-{number}.outputs.result }}}}"
                        for number in known)
    runners = ",".join(f"exercise-{number}" for number in known)
    texts = {WORKFLOW: _HEAD + "".join(steps) + _REPORT.format(results=results, runners=runners),
             Path("requirements.txt"): f"ninjagrad=={version}\n",
             Path(".gitignore"): ".progress.json\n__pycache__/\n",
             Path("README.md"): _README.format(files=", ".join(f"`{x.file_name}`" for x in known.values()),
                                               first="\n".join(commands.values()))}
    texts |= {Path(x.file_name): x.starter() for x in known.values()}
    texts |= {Path("set", x.file_name): x.packed() for x in known.values()} if own else {}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(text)
