"""What openapi-python-client made of our description, as a program would use it.

Arguments: folder of the client, address of the JSON door, login, password, domain, profile,
username. Prints a JSON object of what it saw.
"""

# mypy: ignore-errors
import base64
import json
import sys

sys.path.insert(0, sys.argv[1])

from sippulse_json import AuthenticatedClient
from sippulse_json.api.batch import batch
from sippulse_json.api.did_ws import did_ws_list_availables_numbers as list_numbers
from sippulse_json.api.subscriber_ws import subscriber_ws_add_credit as add_credit
from sippulse_json.api.subscriber_ws import subscriber_ws_insert_subscriber as insert_subscriber
from sippulse_json.api.subscriber_ws import subscriber_ws_retrieve_credit as retrieve_credit
from sippulse_json.api.subscriber_ws import subscriber_ws_retrieve_subscriber as retrieve
from sippulse_json.models import (
    BatchBody,
    DidWsListAvailablesNumbersBody,
    Problem,
    SubscriberDTO,
    SubscriberWsAddCreditBody,
    SubscriberWsAddCreditXDryRun,
    SubscriberWsInsertSubscriberBody,
    SubscriberWsRetrieveCreditBody,
    SubscriberWsRetrieveSubscriberBody,
)

_, _, url, login, password, domain, profile, username = sys.argv
key = {"username": username, "domain": domain}


token = base64.b64encode(f"{login}:{password}".encode()).decode()
client = AuthenticatedClient(
    base_url=url, token=token, prefix="Basic", raise_on_unexpected_status=True
)
seen = {}


def credit():
    body = SubscriberWsRetrieveCreditBody(**key)
    return retrieve_credit.sync(client=client, body=body).return_


new = SubscriberDTO(
    **key, password="Secret-1234", profile=profile, first_name="João ☎ & <Cia>", call_limit=3
)
new.voicemail = True
body = SubscriberWsInsertSubscriberBody(subscriber=new)
seen["id"] = insert_subscriber.sync(client=client, body=body).subscriber_id
again = insert_subscriber.sync(client=client, body=body)
assert isinstance(again, Problem)
seen["fault"] = [again.status, again.code, again.detail]

top_up = SubscriberWsAddCreditBody(**key, value=12.25, obs="PIX 1")
for _ in range(3):
    add_credit.sync(client=client, body=top_up, idempotency_key=f"key-{username}")
seen["credit"] = credit()
add_credit.sync(client=client, body=top_up, x_dry_run=SubscriberWsAddCreditXDryRun.TRUE)
seen["after_dry_run"] = credit()

read = retrieve.sync(client=client, body=SubscriberWsRetrieveSubscriberBody(**key)).return_
seen["read"] = [read.id, read.first_name, read.call_limit, read.voicemail, read.account_code]
numbers = list_numbers.sync(client=client, body=DidWsListAvailablesNumbersBody(domain=domain))
seen["numbers"] = numbers.did

steps = [
    {"service": "SubscriberWS", "operation": "addCredit", "parameters": {**key, "value": 1.0}},
    {"service": "SubscriberWS", "operation": "addCredit", "parameters": {**key, "value": 0}},
]
failed = batch.sync(client=client, body=BatchBody.from_dict({"operations": steps}))
seen["batch"] = [failed.code, failed.index, failed.field]
done = batch.sync(client=client, body=BatchBody.from_dict({"operations": steps[:1]}))
seen["done"] = [one.to_dict() for one in done.results]
seen["at_last"] = credit()
print(json.dumps(seen))
