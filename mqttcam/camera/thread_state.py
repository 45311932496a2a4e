"""What sleeps in the kernel where no signal reaches it: neither a new process nor SIGKILL ends that, a reboot does."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def is_uninterruptible(thread_id: int | None, proc: Path = PROC) -> bool:
    """Whether a thread of ours sleeps there (proc_pid_stat(5), state D)."""
    return thread_id is not None and _state(proc / "self" / "task" / str(thread_id)) == "D"


def uninterruptible_threads(process_id: int, proc: Path = PROC) -> set[str]:
    """The threads of any process that sleep there at this moment."""
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
