"""Settings whose values the network knows: boards, subreddits, flairs. Asked through the account's discovery actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

import providers

from . import accounts, checking
from .access import Actor, get
from .context import Context
from .errors import AppError
from .models import Account


async def choices(
    context: Context, actor: Actor, account_id: str, setting: str, settings: Mapping[str, Any]
) -> list[dict[str, str]]:
    """``value`` and ``name`` of what this setting can be now, while the others are as ``settings`` says.

    Empty while a setting that it depends on is empty. Raises what the action raises, ``setting_unknown``, and
    ``choices_unavailable`` with what the network said.
    """
    declared = await context.db.read(_declared, actor, account_id, setting)
    wanted = {name: settings.get(other) for name, other in declared["given"].items()}
    if not all(wanted.values()):
        return []
    answer = await accounts.run_action(context, actor, account_id, declared["action"], wanted)
    said = cast("Mapping[str, Any]", answer.get("error") or {}).get("message")
    if said:
        raise AppError("choices_unavailable", f"The network does not tell what there is to choose: {said}")
    return [_option(row, declared) for row in cast("Sequence[Mapping[str, Any]]", answer[declared["at"]])]


def _declared(session: Session, actor: Actor, account_id: str, setting: str) -> Mapping[str, Any]:
    row = get(session, actor, Account, account_id)
    rules = providers.get(row.provider).settings.get(row.account_type)
    field = rules.model.model_fields.get(setting) if rules else None
    declared = checking.extra_of(field).get("choices") if field else None
    if declared is None:
        raise AppError("setting_unknown", f"{row.handle} has no setting {setting!r} to choose for.")
    return declared


def _option(row: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, str]:
    value = str(row[declared["value"]])
    return {"value": value, "name": str(row.get(declared["name"]) or value)}
