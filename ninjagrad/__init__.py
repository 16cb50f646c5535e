"""What is installed beside the engine: the command `ninjagrad`, and `ninjagrad.demos`, the lessons and exercises.

The engine itself is imported as `autograd` and `nn`. In an installed package the demos and benchmarks lie in this
folder; in a checkout they lie beside it (`demos/`, `benchmarks/`), and are found there under the same names.
"""

from pathlib import Path

__version__ = "0.2.0"

if not Path(__file__).with_name("demos").is_dir():  # a checkout
    __path__.append(str(Path(__file__).resolve().parents[1]))
