"""A power supply that can be cut: of a store there is left what was synced, and nothing else."""

import os
import shutil

from conftest import BUILD


class Power:
    """Remembers what the daemon had synced (power_cut.c): bytes of files, and names in their
    folder. A file that was made, renamed or removed since its folder was synced is as it was."""

    def __init__(self, office):
        self.files = office.dir / "db"
        self.kept = office.top / f"{office.code}.power"
        self.env = {"LD_PRELOAD": str(BUILD / "tests/system/libsystem_power_cut.so"),
                    "OMB_POWER_FOLDER": str(self.files.resolve()),
                    "OMB_POWER_KEPT": str(self.kept),
                    "ASAN_OPTIONS": "verify_asan_link_order=0"}
        self.names, self.sizes = {}, {}

    def on(self):
        """Before the daemon starts: what lies there is on the disk."""
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()
        (self.kept / "notes").touch()
        self.names, self.sizes = {}, {}
        for path in self.files.iterdir():
            st = path.stat()
            self.names[path.name], self.sizes[st.st_ino] = st.st_ino, st.st_size
            os.link(path, self.kept / str(st.st_ino))
            if st.st_size <= 4096:
                shutil.copyfile(path, self.kept / f"{st.st_ino}.bytes")

    def read(self):
        for line in (self.kept / "notes").read_text().splitlines():
            kind, *words = line.split(" ")
            if kind == "F":
                self.sizes[int(words[0])] = max(self.sizes.get(int(words[0]), 0), int(words[1]))
            else:
                pairs = [word.split("/", 1) for word in words]
                self.names = {name: int(inode) for inode, name in pairs}

    def cut(self):
        """After its end: what was not on the disk is gone, and what was removed may be back."""
        self.read()
        aside = self.kept / "files"
        aside.mkdir()
        for name, inode in self.names.items():
            source, size = self.kept / str(inode), self.sizes.get(inode, 0)
            small = self.kept / f"{inode}.bytes"
            if small.exists() and size <= 4096:
                source = small
            shutil.copyfile(source, aside / name)
            os.truncate(aside / name, min(size, (aside / name).stat().st_size))
            (aside / name).chmod(0o600)
        for path in self.files.iterdir():
            path.unlink()
        for path in aside.iterdir():
            shutil.move(path, self.files / path.name)
        shutil.rmtree(self.kept)
