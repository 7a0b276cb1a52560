"""Runs through the real command: folders that are whole or absent, repeatable to the byte, and well-behaved pipes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CODE = "from tradenode.cli.main import main; main()"
BARS = "12000"
SECONDS_MAX = 120


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", CODE, *words]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    done = run(folder, "demo", "--bars", BARS)
    assert done.returncode == 0, done.stderr
    return folder


def only_run(project: Path) -> Path:
    (folder,) = (project / "demo" / "runs").iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_demo_says_what_it_made_and_what_to_do_next(project: Path) -> None:
    done = run(project, "demo", "--bars", BARS)
    assert done.returncode == 0
    assert "synthetic market from seed 7: no real prices" in done.stderr
    assert "next: edit a number in demo/demo.toml" in done.stderr
    assert done.stdout.startswith("Demo EMA crossover\ntotal return")
    assert str(Path("demo/runs") / only_run(project).name / "report.html") in done.stdout


def test_the_demo_run_again_keeps_an_edited_config_and_the_same_market(project: Path) -> None:
    before = contents(only_run(project))
    done = run(project, "demo", "--bars", BARS)
    assert done.stderr.startswith("found 12,000 one-minute bars")
    assert contents(only_run(project)) == before
    config = project / "demo" / "demo.toml"
    text = config.read_text()
    config.write_text(text.replace("ema(12)", "ema(3)"))
    try:
        run(project, "demo", "--bars", BARS)
        assert "ema(3)" in config.read_text()
        assert len(list((project / "demo" / "runs").iterdir())) == 2
    finally:
        config.write_text(text)
        for folder in (project / "demo" / "runs").iterdir():
            if "ema(3)" in (folder / "config.toml").read_text():
                subprocess.run(["rm", "-r", str(folder)], check=True)


def test_the_folder_holds_the_config_verbatim_and_no_time_of_day(project: Path) -> None:
    folder = only_run(project)
    assert (folder / "config.toml").read_bytes() == (project / "demo" / "demo.toml").read_bytes()
    record = json.loads((folder / "run.json").read_bytes())
    assert list(record["inputs"]) == ["synthetic/SYN-USD 1m"]
    assert {path.suffix for path in folder.iterdir() if path.is_file()} == {".toml", ".json", ".csv", ".html"}
    assert run(project, "rerun", str(folder)).returncode == 0


def test_json_is_one_object_on_stdout(project: Path) -> None:
    done = run(project, "backtest", "demo/demo.toml", "--json", "--no-report", "--out", "other")
    answer = json.loads(done.stdout)
    assert sorted(answer) == ["expect", "folder", "metrics"]
    assert not (project / answer["folder"] / "report.html").exists()
    again = run(project, "rerun", answer["folder"], "--json")
    assert json.loads(again.stdout)["differs"] == []


def test_an_expectation_that_is_not_met_is_exit_code_3(project: Path) -> None:
    text = (project / "demo" / "demo.toml").read_text()
    (project / "demo" / "strict.toml").write_text(text.replace('trades = ">= 1"', 'trades = ">= 100000"'))
    done = run(project, "backtest", "demo/strict.toml", "--no-report", "--out", "strict")
    assert done.returncode == 3
    assert "FAIL trades >= 100000" in done.stdout


def test_rerun_names_what_differs(project: Path) -> None:
    run(project, "backtest", "demo/demo.toml", "--out", "tampered")
    (folder,) = (project / "tampered").iterdir()
    path = folder / "trades.csv"
    path.write_bytes(path.read_bytes().replace(b"long", b"song", 1))
    (folder / "extra.txt").write_text("x")
    done = run(project, "rerun", str(folder))
    assert done.returncode == 1
    first, second, last = done.stdout.splitlines()
    assert first == "extra.txt: only in the old folder"
    assert second.startswith("trades.csv: differs from byte ")
    assert last.endswith("2 differences")


def test_rerun_refuses_data_that_has_changed(project: Path, tmp_path: Path) -> None:
    run(tmp_path, "demo", "--bars", BARS)
    (folder,) = (tmp_path / "demo" / "runs").iterdir()
    run(tmp_path, "demo", "--bars", BARS, "--seed", "2")
    done = run(tmp_path, "rerun", str(folder))
    assert done.returncode == 1
    assert done.stderr.startswith("error: changed since the run: synthetic/SYN-USD 1m\nhint: ")


def test_a_folder_that_moved_runs_again_with_its_data_named(project: Path, tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", str(only_run(project)), str(tmp_path / "moved")], check=True)
    subprocess.run(["cp", "-r", str(project / "demo" / "data"), str(tmp_path / "bars")], check=True)
    done = run(tmp_path, "rerun", "moved", "--base", ".", "--catalogue", "bars")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_a_kill_leaves_the_run_whole_or_absent(project: Path, share: float) -> None:
    out = project / "killed"
    words = ("backtest", "demo/demo.toml", "--out", "killed")
    started = time.monotonic()
    assert run(project, *words).returncode == 0
    whole = time.monotonic() - started
    (folder,) = out.iterdir()
    expected = contents(folder)
    process = subprocess.Popen(command(*words), cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(whole * share)
    process.send_signal(signal.SIGKILL)
    process.wait(SECONDS_MAX)
    for found in out.iterdir():
        assert found.name.startswith((".new-", ".old-")) or contents(found) == expected
    assert run(project, *words).returncode == 0
    assert [path.name for path in out.iterdir()] == [folder.name]
    assert contents(folder) == expected


def test_an_interrupt_is_exit_code_130(project: Path) -> None:
    (project / "demo" / "slow.py").write_text(
        "class Slow:\n    def on_bar(self, desk, bar):\n        import time\n        print('at work', flush=True)\n"
        "        time.sleep(0.2)\n"
    )
    text = (project / "demo" / "demo.toml").read_text()
    head, _, tail = text.partition("[entry.long]")
    config = head + '[strategy]\npython = "slow.py:Slow"\n\n[size]' + tail.partition("[size]")[2]
    (project / "demo" / "slow.toml").write_text(config)
    words = command("backtest", "demo/slow.toml")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=project, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=SECONDS_MAX)
    assert (process.returncode, stderr) == (130, "error: interrupted\n")
    assert not (project / "runs").exists()


def test_a_reader_that_goes_away_is_no_traceback(project: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command("version"), cwd=project, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def on_terminal(folder: Path, environment: dict[str, str], *words: str) -> str:
    """What the command writes to stderr on a terminal."""
    ours, theirs = pty.openpty()
    environment = {name: text for name, text in os.environ.items() if name != "NO_COLOR"} | environment
    process = subprocess.Popen(command(*words), cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    process.wait(SECONDS_MAX)
    os.close(ours)
    return seen.decode()


def test_colour_is_for_terminals_and_can_be_declined(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("titel = 1\n")
    coloured = on_terminal(tmp_path, {"TERM": "xterm-256color"}, "check", "bad.toml")
    assert "\x1b[1;31m    | ^^^^^\x1b[0m" in coloured
    for environment in ({"TERM": "xterm-256color", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal(tmp_path, environment, "check", "bad.toml")
