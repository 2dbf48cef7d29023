"""A client process that adds credit over and over: `credit_client.py PORT ENVELOPE…`, one per call.

Imports nothing but the standard library's HTTP: sixteen of them start in a moment. Prints what
went wrong, one line per refused call.
"""

import http.client
import sys


def main(port: str, *envelopes: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=120)
    for envelope in envelopes:
        headers = {"Content-Type": "text/xml"}
        connection.request("POST", "/SipPulse/SubscriberWS", envelope.encode(), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            print(answer.status, text)


if __name__ == "__main__":
    main(*sys.argv[1:])
