"""A bar while pictures are decoded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = bool | Callable[[int, int], None]


@contextmanager
def reporter(progress: Progress, total: int) -> Iterator[Callable[[int, int], None]]:
    """The caller's callback, a bar if a terminal and rich are there to show it, or nothing."""
    if callable(progress):
        yield progress
        return
    if progress:
        try:
            from rich.console import Console
            from rich.progress import Progress as Bar
        except ImportError:
            progress = False
    if not progress or not (console := Console(stderr=True)).is_terminal:
        yield lambda done, total: None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("pictures", total=total)
        yield lambda done, total: bar.update(task, completed=done)
