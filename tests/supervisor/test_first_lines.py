"""The first lines of the README and those that the demo prints, pasted one after another into one new shell."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]

CLONED = ("Makefile", "README.md", "dagster.yaml", "pyproject.toml", "workspace.yaml")

PROMPT = re.compile(r"<(\d+)>$")

SERVING = ("Watching ", "Serving dagster-webserver on ")
"""What a command says that goes on until Ctrl-C."""


def _heed() -> None:
    """What the tests were started by in its background is deaf to these, and so would be all that it starts."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Shell:
    """An interactive bash in a terminal of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._terminal, there = os.openpty()
        plain = {name: value for name, value in os.environ.items() if "MAKE" not in name}  # a person is in no `make`
        command = f"exec bash --norc --noprofile --noediting -i <> {os.ttyname(there)} >&0 2>&1"
        self.process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env={**plain, "PS1": "<$?>", "TERM": "dumb", "COLUMNS": "200", **environment},
            start_new_session=True,
            preexec_fn=_heed,
        )
        self._until(PROMPT)
        os.close(there)

    def paste(self, line: str) -> tuple[int, str]:
        """Paste a line; what serves is interrupted once it says that it does. Exit code, and what was printed."""
        os.write(self._terminal, f"{line}\n".encode())
        serving = re.compile("|".join(map(re.escape, SERVING)))
        said = self._until(re.compile(f"{serving.pattern}|{PROMPT.pattern}"))
        if serving.search(said):
            os.write(self._terminal, b"\x03")
            said += self._until(PROMPT)
        ended = PROMPT.search(said)
        assert ended
        return int(ended[1]), said

    def close(self) -> None:
        os.close(self._terminal)
        self.process.wait(60)

    def _until(self, end: re.Pattern[str]) -> str:
        said, deadline = "", monotonic() + 900
        while not end.search(said):
            assert monotonic() < deadline, said
            said += os.read(self._terminal, 65536).decode(errors="replace")
        return said


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in a clone whose environment is installed, with a port that is free, on a machine of any speed."""
    clone = tmp_path / "clone"
    (clone / ".venv").mkdir(parents=True)
    for name in CLONED:
        shutil.copy(ROOT / name, clone)
    shutil.copytree(ROOT / "data" / "contracts", clone / "data" / "contracts")
    shutil.copy(ROOT / "data" / "sources.yaml", clone / "data")
    for part in ("bin", "lib", "pyvenv.cfg"):
        (clone / ".venv" / part).symlink_to(ROOT / ".venv" / part)
    (clone / ".venv" / ".demo").touch()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    shell = Shell(clone, DROPZONE_PORT=port, DROPZONE_PATIENCE="300")
    yield shell
    shell.close()


def first_lines() -> list[str]:
    """The first three lines of the README that stand in a block."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()][:3]


def lines_to_go_on(said: str) -> list[str]:
    """The lines that stand under "Go on"."""
    told = said.replace("\r", "").rpartition("Go on\n")[2]
    return re.findall(r"^  (\S.*)$", told, re.MULTILINE)


def test_every_line_that_a_new_user_reads_first_works_as_it_is(shell: Shell) -> None:
    demo, *rest = first_lines()
    assert demo.startswith("make demo")
    code, said = shell.paste(demo)
    assert code == 0, said
    go_on = lines_to_go_on(said)
    assert len(go_on) > 4, said
    materialize = "dagster asset materialize --select lake/flights --partition 2013-01-05"
    for line in (*rest, *go_on, materialize, "make up", "dagster dev -p 0"):
        code, said = shell.paste(line)
        serves = any(words in said for words in SERVING)
        assert serves is (line.split()[0:2][-1] in ("up", "dev")), said
        assert code in ((0, 2, 130) if serves else (0,)), said
