"""Where a dataset lies: the option of the command, else the environment, else the configuration file.

The configuration file is `$MEGC_CONFIG`, else `$XDG_CONFIG_HOME/megc/config.toml`, else
`~/.config/megc/config.toml`:

    data_root = "/data"            # holds one folder a dataset, named like the dataset
    [data_roots]
    casme2 = "/elsewhere/CASME2"   # or the folder of one dataset
"""

import os
from pathlib import Path

from baselines.errors import InputError
from baselines.files import parse_toml, read_text, user_path


def find_root(name: str, option: str | Path | None = None) -> Path | None:
    """Return the folder of a dataset as a `Path`, or None when nothing names one.

    A folder that holds a folder called `name` means that one.
    """
    root = option or os.environ.get("MEGC_DATA_ROOT")
    named_by = "" if root else f", named by {config_file()}"
    root = root or _configured(name)
    if root is None:
        return None
    root = user_path(root)
    if not root.exists():
        raise InputError(f"{root}{named_by}: no such file or folder; give the place of dataset {name} with --data-root")
    return root / name if (root / name).is_dir() else root


def config_file() -> Path:
    """Return the place of the configuration file, whether it exists or not."""
    named = os.environ.get("MEGC_CONFIG")
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return user_path(named) if named else user_path(home) / "megc" / "config.toml"


def _configured(name: str) -> str | None:
    path = config_file()
    if not os.path.exists(path):  # nor may be looked for
        return None
    text = read_text(path)
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: {error}; correct it") from None
    roots = values.get("data_roots", {})
    found = roots.get(name, values.get("data_root")) if isinstance(roots, dict) else None
    if found == "" or not isinstance(found, str | None) or not isinstance(roots, dict):
        raise InputError(f'{path}: expected data_root = "FOLDER" and a table [data_roots] of such lines; correct it')
    return found
