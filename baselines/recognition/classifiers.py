"""Classifiers by name: each entry builds a scikit-learn estimator from the recipe's parameters and the seed."""


def majority(seed):
    """Return the classifier that always answers the most frequent training class."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="most_frequent")


def svm(seed, **parameters):
    """Return a support vector machine (libsvm; exact, so the seed plays no part)."""
    from sklearn.svm import SVC

    return SVC(**parameters)


def xgboost(seed, **parameters):
    """Return gradient-boosted trees on one thread (folds run in parallel instead)."""
    try:
        from xgboost import XGBClassifier
    except ImportError:
        from baselines.errors import MissingDependency

        raise MissingDependency("A recipe with XGBoost", "xgboost", "xgboost") from None
    return XGBClassifier(**parameters, tree_method="hist", n_jobs=1, random_state=seed)


CLASSIFIERS = {"majority": majority, "svm": svm, "xgboost": xgboost}
