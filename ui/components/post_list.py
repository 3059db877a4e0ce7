"""A page of posts to go through and select from, with the keyboard as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments, handle_event


class PostList(Element, component="socialclaw_post_list.js"):
    """``rows`` have ``id``, ``href``, ``name`` and ``html``, which is escaped where it is made."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        *,
        words: dict[str, str],
        selectable: bool,
        on_picked: Callable[[list[str]], Any],
    ) -> None:
        super().__init__()
        self._props.update(rows=list(rows), words=words, selectable=selectable)

        def picked(event: GenericEventArguments) -> None:
            ids = [id for id in event.args["ids"] if isinstance(id, str)]
            handle_event(lambda: on_picked(ids), event)

        self.on("picked", picked)

    def show(self, rows: Sequence[dict[str, Any]]) -> None:
        if self._props["rows"] != list(rows):
            self._props["rows"] = list(rows)
            self.update()

    def pick(self, ids: Sequence[str]) -> None:
        self.run_method("pick", list(ids))
