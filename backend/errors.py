"""Every error a caller can meet: its code and its HTTP status, once.

Provider checks bring codes of their own (``x_media_limit_exceeded``); what is not listed here is 422, as all
validation errors are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATUS: Mapping[str, int] = {
    # asking
    "bad_request": 400,
    "json_invalid": 400,
    "signed_request_invalid": 400,
    "auth_missing": 401,
    "api_key_invalid": 401,
    "session_required": 401,
    "webhook_signature_invalid": 401,
    "sign_in_failed": 401,
    "sign_in_code_invalid": 401,
    "apple_identity_token_invalid": 401,
    "google_identity_token_invalid": 401,
    "plan_required": 402,
    "subscription_inactive": 402,
    "subscription_past_due": 402,
    "subscription_paused": 402,
    "subscription_canceled": 402,
    "forbidden": 403,
    "origin_forbidden": 403,
    "sign_up_closed": 403,
    "account_disabled": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_too_large": 413,
    "asset_too_large": 413,
    "range_not_satisfiable": 416,
    "rate_limited": 429,
    "internal_error": 500,
    "storage_unavailable": 503,
    "not_ready": 503,
    # things that are not there
    "post_not_found": 404,
    "run_not_found": 404,
    "account_not_found": 404,
    "connection_not_found": 404,
    "asset_not_found": 404,
    "upload_not_found": 404,
    "api_key_not_found": 404,
    "workspace_not_found": 404,
    "user_not_found": 404,
    "draft_not_found": 404,
    "member_not_found": 404,
    "invitation_not_found": 404,
    "discovery_action_not_found": 404,
    # things that are in another state than the caller thinks
    "api_key_revoked": 409,
    "api_key_self_revoke": 409,
    "app_store_transaction_taken": 409,
    "asset_changed": 409,
    "asset_in_use": 409,
    "billing_disabled": 409,
    "billing_not_configured": 409,
    "campaign_graph_requires_campaigns": 409,
    "oauth_state_invalid": 409,
    "sign_in_state_invalid": 409,
    "password_needed": 409,
    "post_changed": 409,
    "post_already_deleted": 409,
    "post_not_cancelable": 409,
    "post_not_editable": 409,
    "post_not_published": 409,
    "post_not_retryable": 409,
    "provider_not_configured": 409,
    "provider_post_id_taken": 409,
    "publish_outcome_unknown": 409,
    "run_not_draft": 409,
    "setup_done": 409,
    "subscription_exists": 409,
    "subscription_missing": 409,
    "upload_ended": 409,
    "user_exists": 409,
    "member_exists": 409,
    "last_owner": 409,
    "workspace_busy": 409,
    "webhook_misdirected": 409,
    "workspace_ambiguous": 409,
    "workspace_changed": 409,
    # links and networks
    "link_invalid": 410,
    "provider_unavailable": 502,
    "provider_error": 502,
    "sign_in_refused": 502,
    "identity_provider_unavailable": 503,
    # shops
    "billing_misconfigured": 502,
    "billing_unavailable": 502,
}


class AppError(Exception):
    """What went wrong and what to do, for whoever asked.

    ``message`` is one sentence for a person; ``code`` is stable; ``details`` is JSON for programs.
    """

    def __init__(
        self, code: str, message: str, *, details: Mapping[str, Any] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details) if details else None
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 422)
