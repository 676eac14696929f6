"""A small disk that can be filled up, for what happens when no room is left."""

import os
import subprocess


class SmallDisk:
    """A small filesystem in a namespace of its own, which needs no rights; it ends with us."""

    def __init__(self, path, mebibytes=24):
        path.mkdir()
        self.path = path
        for names in ("-rm", "-m"):  # where root may not make a user namespace it needs none
            self.holder = subprocess.Popen(
                ["unshare", names, "sh", "-c",
                 'mount -t tmpfs -o size=$2m tmpfs "$1" && echo made && exec cat', "sh",
                 str(path), str(mebibytes)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            if self.holder.stdout.readline() == b"made\n":
                break
            self.close()
        assert self.holder.poll() is None, "no filesystem could be mounted"
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-m"]
        if names == "-rm":
            self.enter += ["-U", "--preserve-credentials"]
        self.root = f"/proc/{self.holder.pid}/root"
        self.ballast = None

    def hold(self, office):
        office.dir, office.root, office.prefix = self.path / office.code, self.root, self.enter
        return office

    def fill(self, kibibytes):
        """Leaves that much room."""
        room = os.statvfs(f"{self.root}{self.path}")
        self.ballast = open(f"{self.root}{self.path}/ballast", "wb")
        self.ballast.write(bytes(room.f_bavail * room.f_frsize - kibibytes * 1024))
        self.ballast.flush()

    def empty(self):
        os.unlink(self.ballast.name)
        self.ballast.close()
        self.ballast = None

    def close(self):
        if getattr(self, "ballast", None):
            self.ballast.close()
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()
