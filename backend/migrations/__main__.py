"""Write the next revision: ``python -m backend.migrations "what changes"``.

Compares the models with an empty database at the newest revision. Read the file it names before committing it. To write
the first revision anew (only while no release has it): delete its file, then run the same command.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import Script

from ..db import make_engine
from ..migrate import config, revisions, upgrade


def main(message: str) -> None:
    known = revisions()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        if known:
            upgrade(url, Path(folder))
        engine = make_engine(url)
        with engine.connect() as connection:
            written = command.revision(config(connection), message, autogenerate=True, rev_id=f"{len(known) + 1:04}")
        engine.dispose()
    assert isinstance(written, Script)
    _tidy(Path(written.path))


def _tidy(file: Path) -> None:
    lines = [line for line in file.read_text().splitlines() if not line.strip().startswith("# ###")]
    file.write_text("\n".join(lines) + "\n")
    subprocess.run([sys.executable, "-m", "ruff", "format", file], check=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
