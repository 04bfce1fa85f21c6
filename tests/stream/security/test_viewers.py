"""Keys on the wire: who sees results, who does not, and what each is told. Real sockets."""

from __future__ import annotations

import pytest
import zmq

from skyrmlive.stream.security import ClientAccess
from skyrmlive.stream.security.authorised import authorise, revoke
from skyrmlive.stream.subscriber import ResultSubscriber

from .peers import (
    CAMERA,
    STRANGER,
    STRANGERS,
    VIEWER,
    bound,
    client,
    seen,
    wait_for,
)


@pytest.mark.parametrize("kind", ["no key", "wrong server key", "not authorised", "may only send"])
def test_a_stranger_sees_no_results_and_disturbs_nobody(
    kind, publisher, viewer, server, context, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    make = STRANGERS.get(kind, lambda server: ClientAccess(CAMERA, server.own.public))
    stranger = client(context, publisher.address, zmq.SUB, make(server))
    stranger.subscribe(b"")
    seen(publisher, result, viewer)
    wait_for(lambda: publisher.refused)
    seen(publisher, result, viewer, viewer)
    assert not stranger.poll(200)


def test_a_viewer_is_told_why_and_comes_in_once_authorised(
    publisher, viewer, server, context, keys, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    access = ClientAccess(STRANGER, server.own.public)
    with ResultSubscriber(publisher.address, access=access, context=context) as subscriber:
        wait_for(lambda: subscriber.receive(0.01) or subscriber.problem)
        assert f"--may see '{STRANGER.public}'" in subscriber.problem
        authorise(keys, STRANGER.public, "newcomer", "see")
        seen(publisher, result, viewer, subscriber)
        assert subscriber.problem == ""


def test_a_revoked_viewer_sees_nothing_any_more_and_the_others_go_on(
    publisher, viewer, server, context, keys, analyser, make_frame
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    authorise(keys, STRANGER.public, "other", "see")
    other = client(context, publisher.address, zmq.SUB, ClientAccess(STRANGER, server.own.public))
    other.subscribe(b"")
    seen(publisher, result, viewer)
    while not other.poll(20):
        publisher.publish(result)
    revoke(keys, "other")
    publisher.publish(result)  # notices
    while other.poll(1200):  # what was under way leaves within a second
        other.recv_multipart()
    seen(publisher, result, viewer, viewer)
    wait_for(lambda: publisher.refused)
    assert not other.poll(100)


def test_an_address_taken_meanwhile_does_not_end_the_run(
    publisher, viewer, server, context, keys, analyser, make_frame, caplog
):
    result = analyser.analyse(make_frame(3), 0, 0.0)
    seen(publisher, result, viewer)
    publisher._socket.close()  # as a revocation does, when another program is quicker than we
    other = context.socket(zmq.PUB)
    wait_for(lambda: bound(other, publisher.address))
    revoke(keys, "viewer-pc")
    publisher.publish(result)
    assert "already in use" in caplog.text
    other.close()
    authorise(keys, VIEWER.public, "viewer-pc", "see")
    seen(publisher, result, viewer)


def test_the_server_itself_sees_its_results(publisher, server, context, analyser, make_frame):
    access = ClientAccess(server.own, server.own.public)
    with ResultSubscriber(publisher.address, access=access, context=context) as subscriber:
        seen(publisher, analyser.analyse(make_frame(3), 0, 0.0), subscriber)
