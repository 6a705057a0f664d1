"""Dataset adapters: one module a dataset with SUMMARY, LICENCE, TASKS, NEEDS_ROOT and load(root) -> Dataset."""

from importlib import import_module

from baselines.errors import InputError

DATASETS = {
    "synthetic": "baselines.datasets.embedded",
    "manifest": "baselines.datasets.manifest",
    "flow-images": "baselines.datasets.flow_images",
}


def adapter(name):
    """Return the adapter module of a dataset."""
    if name not in DATASETS:
        raise InputError(f"dataset {name!r} is not known; choose one of {', '.join(DATASETS)}")
    return import_module(DATASETS[name])


def load_dataset(name, root=None):
    """Return the `Dataset` called `name`, read from the folder `root` where the adapter needs one."""
    module = adapter(name)
    if module.NEEDS_ROOT and root is None:
        raise InputError(f"dataset {name} needs --data-root DIR, the folder that holds it")
    return module.load(root)


def describe(name):
    """Return what is known of a dataset: name, tasks, summary, licence, whether it needs a folder, its layout."""
    module = adapter(name)
    return {
        "name": name,
        "tasks": list(module.TASKS),
        "summary": module.SUMMARY,
        "licence": module.LICENCE,
        "needs_data_root": module.NEEDS_ROOT,
        "layout": " ".join(module.__doc__.split()),
    }
