"""Many clients at once that register as fast as they are answered, and remember every answer."""

import zmq

import outsider_client as oc

MATTER = {"channel": "in-person", "product": "cards", "issue": "fees"}


def dial(office, who="teller"):
    return oc.connect(office.seen, office.seen / f"operators/{who}.key",
                      office.seen / "keys/transport.pub")


class Load:
    """`told` holds what was acknowledged, `refused` what was not, by the ids of the requests."""

    def __init__(self, connect, clients=64, words="A fee was charged twice"):
        self.words = words
        self.asked, self.told, self.refused = {}, {}, {}
        self.clients, self.monitors = {}, {}
        self.poller = zmq.Poller()
        for _ in range(clients):
            client = connect()
            self.clients[client.socket] = client
            self.poller.register(client.socket, zmq.POLLIN)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()

    def hang_up(self):
        for one, client in self.clients.items():
            one.disable_monitor()
            client.close()
        self.clients, self.monitors = {}, {}

    def ask(self, client):
        """Sends one more registration, whose words nobody else's are."""
        request = oc.new_request(act={
            "facts": {"registered": {"matter": MATTER}},
            "body": {"registered": {"narrative": f"{self.words} {len(self.asked)}",
                                    "client": {"name": "Client 17"}}}})
        data = request.SerializeToString()
        self.asked[request.id] = data
        client.send(data)

    def take(self, one):
        """Takes the replies that wait at a socket; says how many there were."""
        count = 0
        while one.poll(0):
            reply = oc.messages.Reply.FromString(one.recv())
            if reply.HasField("error"):
                self.refused[reply.id] = reply.error
            else:
                self.told[reply.id] = reply.act
            count += 1
        return count

    def run(self, count):
        """Until so many more are acknowledged, or something is refused."""
        enough = len(self.told) + count
        for client in self.clients.values():
            self.ask(client)
        while len(self.told) < enough and not self.refused:
            ready = self.poller.poll(oc.DEADLINE_MS)
            assert ready, "no answer came"
            for one, _ in ready:
                for _ in range(self.take(one)):
                    self.ask(self.clients[one])

    def watch(self):
        """From now on the ends of connections are noticed, for `drain`."""
        for one in self.clients:
            self.monitors[one] = one.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    def drain(self):
        """After the end of the daemon: what it had sent is taken, to the end of each connection.
        Left alone, they would connect to the next daemon and send it what still waits in them."""
        for one, monitor in self.monitors.items():
            assert monitor.poll(oc.DEADLINE_MS), "the connection does not end"
            self.take(one)
        self.hang_up()

    def unanswered(self):
        return [self.asked[one] for one in self.asked
                if one not in self.told and one not in self.refused]


def repeat(client, requests):
    """Sends requests once more, some at a time; the numbers of their cases, in order."""
    numbers = []
    for start in range(0, len(requests), 32):
        some = requests[start:start + 32]
        for data in some:
            client.send(data)
        for data in some:
            reply = client.reply_to(oc.messages.Request.FromString(data).id)
            assert not reply.HasField("error"), reply.error.words
            numbers.append(reply.act.number)
    return numbers
