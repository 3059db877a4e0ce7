"""What would become of the files of a post that is being written or checked. Pure, from what was measured of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import providers
from providers.contract import Draft, DraftAsset, Issue, Media

from . import fitting
from .fitting import Fit, Unfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to know about a file that stands in nobody's way."""

    position: int
    kind: Literal["fit", "as_is", "advice"]
    """``fit``: it is changed before it is sent; ``as_is``: it is not, though it should be; ``advice``: it could be better."""
    message: str

    @property
    def where(self) -> str:
        return f"assets.{self.position}"


def sent(draft: Draft) -> Draft:
    """The post with its files as they go out: the network's own checks are about those."""
    return replace(draft, assets=tuple(_sent(draft, asset) for asset in draft.assets))


def _sent(draft: Draft, asset: DraftAsset) -> DraftAsset:
    fit = _plan(draft, asset)
    if not isinstance(fit, Fit) or asset.facts is None or asset.as_is:
        return asset
    made = fitting.after(asset.facts, fit)
    return replace(
        asset,
        extension=made.extension,
        mime=made.mime,
        size=made.size,
        width=made.width,
        height=made.height,
        facts=made,
    )


def issues(draft: Draft) -> Iterator[Issue]:
    """Files of ours that the network does not take and that nothing makes fit."""
    provider = providers.get(draft.provider)
    codes = provider.limits_of(draft.account_type).codes or provider.id
    for position, asset in enumerate(draft.assets):
        unfit = None if asset.as_is else _plan(draft, asset)
        for breach in unfit.breaches if isinstance(unfit, Unfit) else ():
            named: dict[str, Any] = {"assetId": asset.key, "url": asset.url}
            yield fitting.issue_of(
                breach, network=provider.name, codes=codes, kind=asset.kind, position=position, asset=named
            )


def notes(draft: Draft) -> Iterator[Note]:
    network = providers.get(draft.provider).name
    for position, asset in enumerate(draft.assets):
        limits, plan = _limits(draft, asset), _plan(draft, asset)
        if limits is None or asset.facts is None or (isinstance(plan, Unfit) and not asset.as_is):
            continue
        facts = asset.facts
        if asset.as_is:
            told = [fitting.sentence(breach, network, asset.kind) for breach in fitting.breaches(facts, limits)]
            if told:
                message = " ".join([*told, f"It is sent as it is; {network} may refuse it."])
                yield Note(position=position, kind="as_is", message=message)
        elif isinstance(plan, Fit):
            yield Note(position=position, kind="fit", message=fitting.told(network, facts, plan))
            facts = fitting.after(facts, plan)
        for breach in fitting.breaches(facts, limits.advised) if limits.advised else ():
            yield Note(
                position=position,
                kind="advice",
                message=fitting.sentence(breach, network, asset.kind, verb="advises"),
            )


def _plan(draft: Draft, asset: DraftAsset) -> Fit | Unfit | None:
    limits = _limits(draft, asset)
    return None if limits is None or asset.facts is None else fitting.plan(asset.facts, limits)


def _limits(draft: Draft, asset: DraftAsset) -> Media | None:
    return providers.get(draft.provider).limits_of(draft.account_type).media(asset.kind, draft.account_meta)
