"""Colours are for terminals: not in a file, not with NO_COLOR, not where TERM knows none.

Prints "ok ..." and "not ok ..." lines. XENPV names the program.
"""
import os
import pty
import subprocess
import sys

PROGRAM = os.environ.get("XENPV", "build/native/xenpv")
ARGUMENTS = [PROGRAM, "status", "--facts", "tests/golden/status/5-orphan-filter.json"]


def on_a_terminal(**variables):
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    environment.update(variables)
    master, slave = pty.openpty()
    with subprocess.Popen(ARGUMENTS, stdout=slave, stderr=subprocess.DEVNULL, env=environment) as program:
        os.close(slave)
        text = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # Linux says EIO when the other end is closed
                break
            if not part:
                break
            text += part
        program.wait()
    os.close(master)
    return text


def expect(name, coloured, text):
    if b"broken" not in text:
        print(f"not ok colours: {name}: no status was printed")
    elif (b"\x1b[" in text) != coloured:
        print(f"not ok colours: {name}: {'none' if coloured else 'some'} were printed")
    else:
        print(f"ok colours: {name}")


def main():
    expect("a terminal gets them", True, on_a_terminal(TERM="xterm"))
    expect("an empty NO_COLOR changes nothing", True, on_a_terminal(TERM="xterm", NO_COLOR=""))
    expect("NO_COLOR takes them away", False, on_a_terminal(TERM="xterm", NO_COLOR="1"))
    expect("so does a dumb terminal", False, on_a_terminal(TERM="dumb"))
    expect("and one that nobody names", False, on_a_terminal())
    redirected = subprocess.run(ARGUMENTS, capture_output=True, check=False, env={**os.environ, "TERM": "xterm"})
    expect("a file gets none", False, redirected.stdout)


sys.exit(main())
