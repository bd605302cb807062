"""What a batch shows while it runs."""

import io

from salesnb.running.cause import Cause
from salesnb.running.engines.pool import Event, Task
from salesnb.running.outcome import Outcome
from salesnb.running.progress import Progress


def test_plain_lines_where_there_is_no_terminal(desk):
    task = Task(desk.ask("tiny", "华东", "2024-06"), {})
    other = Task(desk.ask("tiny", "华南", "2024-06"), {})
    ok = Outcome(task.job, "ok", "t", seconds=1.25)
    cause = Cause("died", "the kernel died", "step-1")
    bad = Outcome(other.job, "failed", "t", cause, seconds=0.5)
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.begin(3, 2)
        progress.tell(Event(task, 1))
        progress.tell(Event(task, 1, ok, last=True))
        progress.tell(Event(other, 1))
        progress.tell(Event(other, 1, bad))
        progress.tell(Event(other, 2))
        progress.tell(Event(other, 2, bad, last=True))
    assert stream.getvalue().splitlines() == [
        "3 unchanged, 2 to do",
        "ok      tiny 华东 2024-06 (1.2 s) 1/2",
        "again   tiny 华南 2024-06: cell `step-1`: the kernel died",
        "failed  tiny 华南 2024-06: cell `step-1`: the kernel died",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_moving_line_on_a_terminal(desk, monkeypatch):
    task = Task(desk.ask("tiny", "华东", "2024-06"), {})
    stream = Terminal()
    progress = Progress(stream, workers=1)
    progress.begin(0, 4)
    progress.tell(Event(task, 1, Outcome(task.job, "ok", "t", seconds=10.0), last=True))
    progress.tell(Event(task, 1))
    assert progress._state().startswith(
        "[#####...............] 1/4 · 30 s left · tiny 华东 2024-06"
    )
