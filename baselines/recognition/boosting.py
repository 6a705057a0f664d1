"""Boosted trees, apart from the other classifiers so that only recipes that name them depend on XGBoost."""

from baselines.errors import MissingDependency


def xgboost(
    seed,
    n_estimators: int | None = None,
    max_depth: int | None = None,
    learning_rate: float | None = None,
    subsample: float | None = None,
    colsample_bytree: float | None = None,
    colsample_bynode: float | None = None,
    min_child_weight: float | None = None,
    gamma: float | None = None,
    reg_alpha: float | None = None,
    reg_lambda: float | None = None,
    max_bin: int | None = None,
):
    """Return gradient-boosted trees on one thread (folds run in parallel instead).

    Parameters as `xgboost.XGBClassifier`; None takes the default of XGBoost.
    """
    parameters = {name: value for name, value in locals().items() if name != "seed" and value is not None}
    try:
        from xgboost import XGBClassifier
    except ImportError:
        raise MissingDependency("A recipe with XGBoost", "xgboost", "xgboost") from None
    return XGBClassifier(**parameters, tree_method="hist", n_jobs=1, random_state=seed)
