"""Threads in uninterruptible sleep: no signal reaches them, so that only a reboot ends them."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def is_uninterruptible(thread_id: int | None, proc: Path = PROC) -> bool:
    """Return whether a thread of this process is in uninterruptible sleep (proc_pid_stat(5), state D)."""
    return thread_id is not None and _state(proc / "self" / "task" / str(thread_id)) == "D"


def uninterruptible_threads(process_id: int, proc: Path = PROC) -> set[str]:
    """Return the threads of a process that are in uninterruptible sleep at this moment."""
    try:
        tasks = list((proc / str(process_id) / "task").iterdir())
    except OSError:  # it has ended
        return set()
    return {task.name for task in tasks if _state(task) == "D"}


def _state(task: Path) -> str:
    try:
        stat = (task / "stat").read_text(errors="replace")
    except OSError:
        return ""
    return stat.rpartition(") ")[2][:1]
