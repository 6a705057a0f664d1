import pytest

from baselines.datasets.roots import config_file, find_root
from baselines.errors import InputError


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No root from the machine that runs the tests."""
    for name in ("MEGC_DATA_ROOT", "MEGC_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def configure(tmp_path, monkeypatch):
    def write(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        monkeypatch.setenv("MEGC_CONFIG", str(path))
        return path

    return write


def folder(path):
    path.mkdir(parents=True)
    return path


def test_nothing_names_a_root():
    assert find_root("casme2") is None


def test_option_before_environment_before_configuration(tmp_path, monkeypatch, configure):
    a, b, c = (folder(tmp_path / name) for name in "abc")
    configure(f'data_root = "{c}"')
    assert find_root("casme2") == c
    monkeypatch.setenv("MEGC_DATA_ROOT", str(b))
    assert find_root("casme2") == b
    assert find_root("casme2", a) == a


def test_one_dataset_of_the_configuration_before_the_root_of_all(tmp_path, configure):
    everything, alone = folder(tmp_path / "all"), folder(tmp_path / "alone")
    configure(f'data_root = "{everything}"\n[data_roots]\ncasme2 = "{alone}"')
    assert find_root("casme2") == alone
    assert find_root("samm") == everything


def test_a_folder_named_like_the_dataset_is_meant(tmp_path):
    inner = folder(tmp_path / "all" / "casme2")
    assert find_root("casme2", tmp_path / "all") == inner
    assert find_root("samm", tmp_path / "all") == tmp_path / "all"


def test_home_is_expanded(tmp_path):
    data = folder(tmp_path / "home" / "data")
    assert find_root("samm", "~/data") == data


def test_a_root_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"gone: no such file or folder; give the place of dataset samm"):
        find_root("samm", tmp_path / "gone")


def test_place_of_the_configuration(tmp_path, monkeypatch):
    assert config_file() == tmp_path / "home" / ".config" / "megc" / "config.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert config_file() == tmp_path / "xdg" / "megc" / "config.toml"
    monkeypatch.setenv("MEGC_CONFIG", str(tmp_path / "own.toml"))
    assert config_file() == tmp_path / "own.toml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data_root = ", "not TOML"),
        ("data_root = 5", r"expected data_root = \"FOLDER\""),
        ('data_roots = "x"', r"a table \[data_roots\]"),
        ("[data_roots]\nsamm = 1", r"a table \[data_roots\]"),
    ],
)
def test_a_broken_configuration_is_told(configure, text, message):
    path = configure(text)
    with pytest.raises(InputError, match=message) as caught:
        find_root("samm")
    assert str(caught.value).startswith(str(path))
