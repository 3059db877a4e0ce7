"""Connections, the accounts behind them, and what an account can do."""

from __future__ import annotations

from .examples import ACCOUNT, CONNECTION, HANDLE, NETWORK, PENDING
from .schema import NULL, Schema, answer, bag, either, flag, many, maybe, network, plain, ref, shape, text, time

ACCOUNTS: dict[str, Schema] = {
    "ConnectedAccount": shape(
        "A page, profile, channel or site that posts can go to.",
        {
            "id": text("Names the account in addresses; a post may name it so, too."),
            "provider": network("Its network."),
            "handle": text("What posts name it by, such as " + HANDLE + "."),
            "displayName": maybe(text("Its name as people see it there.")),
            "accountType": maybe(text("Which kind of account it is at its network.")),
            "externalId": maybe(text("The network's own id of it.")),
            "status": maybe(text("connected, needs_reconnect or disconnected.")),
            "createdAt": maybe(time("When it was connected first.")),
            "updatedAt": maybe(time("When something about it changed last.")),
        },
        required="id provider handle",
        example=ACCOUNT,
    ),
    "AccountsResponse": answer(
        "The connected accounts of the workspace.",
        {"accounts": many(ref("ConnectedAccount"), "The oldest first.")},
        required="accounts",
        closed=True,
        example={"accounts": [ACCOUNT]},
    ),
    "Connection": shape(
        "One login at a network, under way or done. It can bring several accounts.",
        {
            "id": text("Ask for it again to see how the login went."),
            "provider": network("The network of the login."),
            "status": maybe(
                text("pending while a person is at the network, then connected or failed; disconnected later.")
            ),
            "authorizeUrl": maybe(text("Where the person has to go while it is pending; else null.")),
            "account": either("The first account it brought.", ref("ConnectedAccount"), NULL),
            "error": maybe(text("Why it failed, in a sentence.")),
            "createdAt": maybe(time("When it was started.")),
        },
        required="id provider",
        example=CONNECTION,
    ),
    "ConnectionResponse": answer(
        "A login and the account it brought.",
        {
            "connection": ref("Connection", "The login."),
            "account": ref("ConnectedAccount", "The account; not there while the login is pending."),
        },
        example={"connection": PENDING},
    ),
    "ConnectionsResponse": answer(
        "All logins of the workspace.",
        {"connections": many(ref("Connection"), "The oldest first.")},
        required="connections",
        closed=True,
        example={"connections": [CONNECTION]},
    ),
    "ConnectionStartRequest": shape(
        "Which network to log in at. Networks without a login page take what they need here; "
        "their fields are those of the form on the screen.",
        {
            "provider": network("The network; its usual short names are understood, too."),
            "botToken": maybe(text("For networks that post through a bot: the token of yours.")),
            "chatId": maybe(text("For networks with chats: which one, by number or @name.")),
            "webhookUrl": maybe(text("For networks that post through a webhook: its address, with its secret.")),
            "client": maybe(text("What starts the login, such as cli or mobile.")),
            "callbackScheme": maybe(text("The scheme of the app to go back to after the login, such as acme.")),
        },
        required="provider",
        example={"provider": NETWORK},
    ),
}

ABILITIES: dict[str, Schema] = {
    "Capability": shape(
        "What an account can do. The limits are those that the checks use.",
        {
            "provider": network("The network of the account."),
            "accountId": maybe(text("The account.")),
            "canPublish": flag("Whether posts may be planned for it now."),
            "media": maybe(plain("Which files it takes: kinds, how many, how large, how long.")),
            "settings": maybe(many(plain(), "The fields of a post's settings.")),
        },
        example={
            "provider": NETWORK,
            "accountId": ACCOUNT["id"],
            "canPublish": True,
            "media": {"supported": True, "required": False, "maxItems": 4, "acceptedKinds": ["image", "video"]},
            "settings": [],
        },
    ),
    "CapabilitiesResponse": answer(
        "What accounts can do, one entry each; a list also when one account was asked for.",
        {"capabilities": many(ref("Capability"), "One for each account.")},
        required="capabilities",
        closed=True,
        example={"capabilities": [{"provider": NETWORK, "accountId": ACCOUNT["id"], "canPublish": True}]},
    ),
    "PublishSettings": shape(
        "Which settings a post for this account may carry.",
        {
            "supported": flag("False when there are none."),
            "target": maybe(plain("The account that they are for: network, type, handle.")),
            "fields": many(plain(), "Each with id, type, whether it is required, its default and its options."),
            "discovery": maybe(plain("Which discovery actions list the values of fields.")),
        },
        example={
            "supported": True,
            "target": {"provider": NETWORK, "accountType": f"{NETWORK}_user"},
            "fields": [{"id": "visibility", "type": "enum", "required": False, "options": ["public", "followers"]}],
            "discovery": None,
        },
    ),
    "PublishSettingsResponse": answer(
        "The settings of an account's posts.",
        {"publishSettings": ref("PublishSettings", "The settings and their fields.")},
        required="publishSettings",
        closed=True,
        example={"publishSettings": {"supported": False, "fields": []}},
    ),
    "DiscoveryAction": shape(
        "Something that can be asked about an account before posting, such as its boards.",
        {
            "id": text("Names it in the address that runs it."),
            "label": text("What a button says."),
            "description": maybe(text("What one learns from it.")),
            "provider": maybe(network("The network it asks; null when it asks nobody.")),
            "inputSchema": maybe(plain("The JSON Schema of what it takes.")),
        },
        required="id label",
        example={
            "id": "publish-preview",
            "label": "Preview",
            "description": "What would be sent, and what is wrong with it.",
            "provider": NETWORK,
            "inputSchema": {"type": "object"},
        },
    ),
    "DiscoveryActionsResponse": answer(
        "The actions of an account.",
        {"actions": many(ref("DiscoveryAction"), "In the order of the screen.")},
        required="actions",
        closed=True,
        example={"actions": [{"id": "publish-preview", "label": "Preview"}]},
    ),
    "ActionResultResponse": answer(
        "What an action found.",
        {"result": bag("actionId, the account, and what the action tells.")},
        required="result",
        example={"result": {"actionId": "publish-preview", "account": {"handle": HANDLE}, "warnings": []}},
    ),
}
