"""The networks. Every module here that defines ``PROVIDER`` is one; nothing else lists them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from .contract import Provider


@cache
def all_providers() -> Mapping[str, Provider]:
    """Every provider by id, in order of their ids."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = [module.PROVIDER for module in modules if hasattr(module, "PROVIDER")]
    return {provider.id: provider for provider in sorted(found, key=lambda provider: provider.id)}


def get(provider_id: str) -> Provider:
    """Raises KeyError for an id that is no provider's; resolve what people typed with ``resolve`` first."""
    return all_providers()[provider_id]


@cache
def _names() -> Mapping[str, str]:
    return {name: provider.id for provider in all_providers().values() for name in (provider.id, *provider.aliases)}


def resolve(name: str) -> str | None:
    """The id behind an id or alias in any case; None when nobody has that name."""
    return _names().get(name.strip().lower())


def infer(handle: str) -> str | None:
    """The network that a handle names: special prefixes first, then the text before the first colon."""
    lowered = handle.strip().lower()
    if ":" not in lowered:
        return None
    for provider in all_providers().values():
        if lowered.startswith(provider.handle_prefixes):
            return provider.id
    return resolve(lowered.split(":", 1)[0])
