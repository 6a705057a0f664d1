"""Writes into wheels and source archives which commit they are made of; everything else stands in setup.cfg."""

import json
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

sys.path.insert(0, str(Path(__file__).parent))
from baselines.report.release import BUILT, release  # of this folder, where a build does not look


def tell_commit(folder):
    """Write the commit below a folder, which holds a copy of the packages."""
    path = Path(folder) / BUILT
    path.unlink(missing_ok=True)  # in an archive it may be one file with that of the folder it is made from
    path.write_text(json.dumps(release()) + "\n", encoding="utf-8")


class Build(build_py):
    """The packages of a wheel, with the commit; an editable installation asks git."""

    def run(self):
        super().run()
        if not self.editable_mode:
            tell_commit(self.build_lib)


class Archive(sdist):
    """A source archive, with the commit."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        tell_commit(base_dir)


setup(cmdclass={"build_py": Build, "sdist": Archive})
