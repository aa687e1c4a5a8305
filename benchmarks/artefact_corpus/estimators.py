"""Estimators of scikit-learn of every family, small and not yet fitted."""

from __future__ import annotations

from typing import Any


def estimators() -> list[Any]:
    """Return them in a fixed order."""
    import numpy as np
    from sklearn import (
        calibration,
        cluster,
        compose,
        decomposition,
        discriminant_analysis,
        dummy,
        ensemble,
        feature_selection,
        gaussian_process,
        impute,
        kernel_ridge,
        linear_model,
        mixture,
        model_selection,
        multiclass,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    kernels = gaussian_process.kernels
    logistic = linear_model.LogisticRegression
    columns = compose.ColumnTransformer([("n", preprocessing.StandardScaler(), [0, 1])], remainder="passthrough")
    return [
        logistic(),
        linear_model.LogisticRegressionCV(cv=3),
        linear_model.RidgeClassifier(),
        linear_model.SGDClassifier(random_state=0),
        linear_model.Perceptron(),
        linear_model.ElasticNetCV(cv=3),
        linear_model.HuberRegressor(),
        linear_model.TweedieRegressor(power=0),
        tree.DecisionTreeClassifier(random_state=0),
        ensemble.RandomForestClassifier(5, random_state=0),
        ensemble.ExtraTreesRegressor(5, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0),
        ensemble.HistGradientBoostingClassifier(max_iter=3),
        ensemble.HistGradientBoostingRegressor(max_iter=3, loss="quantile", quantile=0.5),
        ensemble.AdaBoostClassifier(n_estimators=3),
        ensemble.BaggingClassifier(n_estimators=3),
        ensemble.IsolationForest(n_estimators=5),
        ensemble.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB())]),
        ensemble.StackingClassifier([("a", logistic())], final_estimator=logistic(), cv=3),
        svm.SVC(probability=False),
        svm.LinearSVC(),
        neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        neighbors.KNeighborsClassifier(algorithm="ball_tree", metric="manhattan"),
        neighbors.NearestCentroid(),
        naive_bayes.GaussianNB(),
        discriminant_analysis.LinearDiscriminantAnalysis(),
        discriminant_analysis.QuadraticDiscriminantAnalysis(),
        gaussian_process.GaussianProcessClassifier(),
        neural_network.MLPClassifier((4,), max_iter=20),
        kernel_ridge.KernelRidge(),
        dummy.DummyClassifier(),
        cluster.KMeans(2, n_init=1),
        mixture.GaussianMixture(2),
        calibration.CalibratedClassifierCV(logistic(), cv=3),
        calibration.CalibratedClassifierCV(logistic(), cv=3, method="isotonic"),
        multiclass.OneVsRestClassifier(logistic()),
        model_selection.GridSearchCV(logistic(), {"C": [0.1, 1.0]}, cv=model_selection.StratifiedKFold(3)),
        model_selection.RandomizedSearchCV(logistic(), {"C": [0.1, 1.0]}, n_iter=2, cv=3, scoring="roc_auc"),
        model_selection.GridSearchCV(logistic(), {"C": [0.1, 1.0]}, scoring=["accuracy", "f1"], refit="f1", cv=3),
        model_selection.TunedThresholdClassifierCV(logistic(), cv=3),
        gaussian_process.GaussianProcessRegressor(kernels.ConstantKernel() * kernels.Matern() + kernels.WhiteKernel()),
        ensemble.RandomForestClassifier(5, random_state=np.random.RandomState(3)),
        neighbors.LocalOutlierFactor(novelty=True),
        neighbors.RadiusNeighborsClassifier(radius=100.0),
        pipeline.make_pipeline(impute.SimpleImputer(), columns, logistic()),
        pipeline.make_pipeline(
            preprocessing.FunctionTransformer(np.sign), feature_selection.SelectKBest(k=2), logistic()
        ),
        pipeline.make_pipeline(preprocessing.QuantileTransformer(n_quantiles=10), decomposition.PCA(2), logistic()),
        pipeline.make_pipeline(preprocessing.KBinsDiscretizer(3), preprocessing.PolynomialFeatures(), logistic()),
        pipeline.make_pipeline(preprocessing.SplineTransformer(), preprocessing.PowerTransformer(), logistic()),
    ]
