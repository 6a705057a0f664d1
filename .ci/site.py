"""A hook of mkdocs: the site holds README, docs/ and what they link under the paths that they have in the repository.

So every relative link works on the site, in a clone and where the repository is shown, and mkdocs checks them all.
"""

import subprocess
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ["*.md", "LICENSE", "docs", "results", "baselines/report/published.csv", "baselines/vqa/llama/menu.toml"]


def on_files(files, config):
    """Return the files of the theme, and those of the repository that are shown."""
    theme = [file for file in files if file.src_dir != config.docs_dir]
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHOWN]
    paths = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    own = [File(path, str(ROOT), config.site_dir, config.use_directory_urls) for path in paths]
    return Files([*theme, *own])
