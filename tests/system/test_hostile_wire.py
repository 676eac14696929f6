"""Beneath the protocol: what can bytes do to a daemon that libzmq itself never sends? Messages
without an end, and strangers who connect and say nothing."""

import contextlib
import os
import select

import pytest

import outsider_client as oc
import outsider_zmtp as oz
from bank import link, until
from conftest import folder, offices
from test_hostile_child import Bank

MIB = 1 << 20
UNREAD_LINK, UNREAD_CLIENT = 32 * MIB, 144 * MIB  # that may wait
FLOODS, FLOOD = 25, 3000  # how often, and how many messages and as many heartbeats
PER_LOOK = 400 * MIB  # more than comes within half a second, which is how often it is looked at


@pytest.fixture(scope="module")
def bank():
    with folder() as top, offices(top) as make:
        yield Bank(make)


@pytest.fixture(autouse=True)
def nobody_else_pays(bank):
    yield
    bank.goes_on()


def pour(line, most):
    """Sends parts of one message until the connection is ended."""
    part = bytes(MIB)
    with contextlib.suppress(ConnectionError):
        while line.sent < most + PER_LOOK:
            line.send(part, more=True)
    assert most <= line.sent < most + PER_LOOK


def logged(office, words):
    until(f"{words} in the log of {office.dir}", lambda: words in office.log_text(), True)


def server_key(office):
    return oc.read_key(office.dir / "keys/transport.pub").public


def test_a_message_of_a_child_that_does_not_end(bank):
    peer = bank.outsider()
    with oz.Raw(bank.address, peer.transport, server_key(bank["ho"])) as line:
        pour(line, UNREAD_LINK)
    logged(bank["ho"], "more came over a link than is read -> connection ended")
    assert link(bank["ho"], peer.office.code)["state"] == "down"


@pytest.fixture
def served(make_office):
    """An office that clients of other machines reach, a client that is served, and its key."""
    office = make_office().init("--client-listen", "tcp://127.0.0.1:0").start().staff()
    key = office.dir / "operators/teller.key"
    with contextlib.closing(oc.connect(office.dir, key, office.dir / "keys/transport.pub")) as it:
        yield office, it, oc.read_key(key)


def test_a_message_of_a_client_that_does_not_end(served):
    office, teller, key = served
    listen = oc.status(teller).listen
    with oz.Raw(listen, key, server_key(office)) as line:
        pour(line, UNREAD_CLIENT)
    assert oc.status(teller).listen == listen
    logged(office, "more came than is read -> connection ended")


def test_strangers_who_say_nothing_are_not_kept(bank):
    """More than there are offices for: each would hold a descriptor."""
    strangers = [oz.connect(bank.address) for _ in range(400)]
    try:
        poll = select.poll()
        for one in strangers:
            poll.register(one, select.POLLIN | select.POLLHUP)
        ended = 0
        while ended < 200:
            ready = poll.poll(oc.DEADLINE_MS)
            assert ready, "those too many are not ended"
            for fd, _ in ready:
                if not os.read(fd, 4096):  # a greeting comes first
                    poll.unregister(fd)
                    ended += 1
        bank.goes_on()  # while others are still there
    finally:
        for one in strangers:
            one.close()
    logged(bank["ho"], "too many connections that say nothing -> ended")


def flood(line):
    """More than anybody reads meanwhile; then nobody is there any more."""
    with contextlib.suppress(ConnectionError):
        line.line.sendall(oz.small_and_pings(line, FLOOD))
    oz.reset(line.line)


def test_a_child_that_floods_and_is_gone(bank):
    """Its heartbeats are answered while it is there; what came is read when it is gone."""
    peer = bank.outsider()
    for _ in range(FLOODS):
        flood(oz.Raw(bank.address, peer.transport, server_key(bank["ho"])))
        bank["ho"].ombud("status", code=0)


def test_a_client_that_floods_and_is_gone(served):
    office, teller, key = served
    listen = oc.status(teller).listen
    for _ in range(FLOODS):
        flood(oz.Raw(listen, key, server_key(office)))
        assert oc.status(teller).listen == listen
