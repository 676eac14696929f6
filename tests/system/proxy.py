"""A line that a test can hold up and cut: it carries bytes between a child and its parent."""

import contextlib
import socket
import threading


class Proxy:
    """Listens at `address` and carries each connection to the target's port on this machine."""

    def __init__(self, port):
        self.port = port
        self.changed = threading.Condition()
        self.open = True         # to new connections
        self.flows = True
        self.budget = None       # bytes after which all connections are cut
        self.carried = 0
        self.accepted = 0
        self.ends = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "tcp://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                with self.changed:
                    self.accepted += 1
                    self.changed.notify_all()
                    wanted = self.open
                if not wanted or not self.connect(near):
                    near.close()

    def connect(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            return False
        with self.changed:
            self.ends |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self.carry, args=(one, other), daemon=True).start()
        return True

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                data = self.let_pass(data)
                other.sendall(data)
        self.end(one, other)

    def let_pass(self, data):
        """Waits while nothing may flow; the part of the bytes that is within the budget."""
        with self.changed:
            self.changed.wait_for(lambda: self.flows)
            if self.budget is not None:
                data = data[:self.budget]
                self.budget -= len(data)
                if self.budget == 0:
                    self.budget = None
                    self.hang_up()
            self.carried += len(data)
        return data

    @staticmethod
    def end(*ends):
        for one in ends:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def hang_up(self):
        self.end(*self.ends)
        self.ends.clear()

    # --- for the test ------------------------------------------------------------------------

    def cut(self):
        """Every connection ends, and new ones do at once."""
        with self.changed:
            self.open = False
            self.hang_up()

    def mend(self):
        with self.changed:
            self.open = True

    def hold(self):
        """Nothing gets through, and no connection ends."""
        with self.changed:
            self.flows = False

    def release(self):
        with self.changed:
            self.flows = True
            self.changed.notify_all()

    def cut_behind(self, size):
        """After so many bytes more, in the middle of whatever they are, the connection ends."""
        with self.changed:
            self.budget = size

    def await_call(self, deadline_s):
        """Until somebody connects anew."""
        with self.changed:
            before = self.accepted
            assert self.changed.wait_for(lambda: self.accepted > before, deadline_s), "nobody calls"

    def close(self):
        self.release()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.changed:
            self.hang_up()
