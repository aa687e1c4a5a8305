"""What measures and interval methods are, for readers without statistics; shown where a report uses them.

A measure or method that is not here is shown by its name: a new check need not touch this file.
"""

from __future__ import annotations

from collections.abc import Mapping

from proofbox.checks.text import Text, t

MEASURES: Mapping[str, Text] = {
    "selection_rate": t("The share of a group that the model gave the counted label."),
    "true_positive_rate": t("Of those whose true label is the counted one, the share to whom the model gave it."),
    "false_positive_rate": t("Of those whose true label is another one, the share to whom the model gave the label."),
    "precision": t("Of those whom the model gave the counted label, the share to whom it truly belongs."),
    "recall": t("Of those whose true label is the counted one, the share to whom the model gave it."),
    "base_rate": t("The share of a group whose true label is the counted one."),
    "accuracy": t("The share of rows on which the model agrees with the true label."),
    "balanced_accuracy": t("The mean, over the true labels, of the share that was decided rightly."),
    "f1": t("A balance of precision and recall. 1 is perfect."),
    "roc_auc": t("How often a positive row scores higher than a negative one. 0.5 is chance, 1 is perfect."),
    "brier_score_loss": t("How far the probabilities lie from what happened, squared. 0 is perfect."),
    "f1_macro": t("The unweighted mean, over the classes, of the balance of precision and recall. 1 is perfect."),
    "average_precision": t("The precision at the score of each positive row, averaged. 1 is perfect."),
    "log_loss": t("How surprised the probabilities were by what happened. 0 is perfect."),
    "mean_absolute_error": t("How far predictions lie from the true values, on average. 0 is perfect."),
    "root_mean_squared_error": t(
        "The same with large errors weighing more: the root of the mean square. 0 is perfect."
    ),
    "r2": t("The share of the true values' spread that predictions explain. 1 is perfect, 0 is worth the mean alone."),
    "mean_error": t("Predicted less true value, on average. Above 0 the model overestimates."),
    "calibration_slope": t(
        "How the logit of what happens rises with the logit of the probability. Below 1 probabilities are too extreme."
    ),
    "calibration_intercept": t(
        "What would have to be added to the logit of every probability to fit what happened. 0 is perfect."
    ),
    "drifted_columns": t(
        "Columns whose values differ between training and evaluation data by more than chance would bring about."
    ),
    "largest_population_stability_index": t(
        "How far the column that moved most has moved between the two files. Around 0.1 is small, 0.25 large."
    ),
    "told_apart_auc": t("How well a learner tells the rows of the two files apart. 0.5 is not at all."),
    "worst_slice_shortfall": t(
        "How much lower the accuracy in the worst slice of the data is than everywhere else. 0 is perfect."
    ),
    "slices_that_fall_short": t(
        "Slices in which the model is right less often than elsewhere, by more than chance would bring about."
    ),
    "latency_p50_seconds": t("The median time of one call of so many rows, the walls included."),
    "memory_growth_bytes_per_call": t(
        "How much more memory the model holds after each further call. Above 0 it leaks."
    ),
    "confidence_auroc": t(
        "How often a row of the data is answered more surely than one made to be strange. 0.5: it cannot tell."
    ),
    "demographic_parity_ratio": t("The lowest selection rate of any group, divided by the highest. 1 means equal."),
    "demographic_parity_difference": t("The highest selection rate of any group, less the lowest. 0 means equal."),
    "equalized_odds_difference": t(
        "The larger of two gaps between groups: in true positive rates, and in false positive rates. 0 means equal."
    ),
    "equalized_odds_ratio": t(
        "The smaller of two ratios between groups: of true positive rates, and of false positive rates. 1 means equal."
    ),
    "equal_opportunity_difference": t("The gap between groups in true positive rates. 0 means equal."),
    "false_positive_rate_difference": t("The gap between groups in false positive rates. 0 means equal."),
    "equal_opportunity_ratio": t("The lowest true positive rate of any group, divided by the highest. 1 means equal."),
    "predictive_parity_difference": t("The gap between groups in precision. 0 means equal."),
    "accuracy_difference": t("The highest accuracy of any group, less the lowest. 0 means equal."),
    "calibration_gap": t(
        "Of the worst group: how far the share to whom it happened lies from the mean probability. 0 is perfect."
    ),
    "calibration_difference": t(
        "How much more one group is underestimated than another, in probability. 0 means equal."
    ),
    "expected_calibration_error": t(
        "Of the worst group: how far probabilities lie from what happened, bin by bin. 0 is perfect."
    ),
    "observed_less_predicted": t(
        "The share of a group to whom it happened, less its mean probability. Above 0 the model underestimates it."
    ),
    "intersectional_ratio": t(
        "The smallest ratio of the rates of two groups, attributes taken alone and crossed. 1 means equal."
    ),
    "intersectional_difference": t(
        "The largest difference of the rates of two groups, attributes taken alone and crossed. 0 means equal."
    ),
    "worst_group_difference": t(
        "How far the rate of the group that differs most lies from the rate of everybody outside it. 0 means equal."
    ),
    "groups_that_differ": t("Groups that differ from everybody else by more than chance would bring about."),
    "multiclass_demographic_parity_difference": t(
        "For the class in which groups differ most: the highest share that got it, less the lowest. 0 means equal."
    ),
    "standardized_mean_error_difference": t(
        "How much more one group is overrated than another, in standard deviations of the true values. 0 means equal."
    ),
    "selection_shortfall": t(
        "How many more people of one group would have been selected, had it been selected at everybody's rate."
    ),
    "exposure_ratio": t("The lowest mean exposure of any group in the ranking, divided by the highest. 1 means equal."),
    "worst_group_shortfall": t("How much worse the metric is in the worst group than in all groups together."),
    "flip_rate": t("The share of decisions that change when only the tested input is changed."),
    "noise_flip_rate": t("The share of decisions that change when the numbers are shaken a little."),
    "noise_area_under_curve": t(
        "How many decisions change on average over noise from none to the strongest that was tried. 0 means none."
    ),
    "missing_flip_rate": t("The share of decisions that change when a value of a row, drawn at random, is missing."),
    "category_flip_rate": t(
        "The share of decisions that change when a text is one that the model does not know, or rare."
    ),
    "outlier_flip_rate": t("The share of decisions that change when one number of a row lies far outside the usual."),
    "unit_slip_flip_rate": t("The share of decisions that change when one number of a row is in the wrong unit."),
    "dropout_flip_rate": t("The share of decisions that change without the one input that matters most."),
    "negligible_flip_rate": t("The share of decisions that change under changes too small for anyone to notice."),
    "missing_failure_share": t(
        "The share of inputs whose missing value makes the model fail instead of answer or refuse."
    ),
    "evasion_rate": t(
        "The share of decisions that someone who sees only decisions could turn by a small change of the inputs."
    ),
    "random_evasion_rate": t("The share of decisions that as many random changes of the same size turn."),
    "evasion_over_random": t(
        "The share turned by the attack less the share turned at random: what takes an adversary."
    ),
    "median_evasion_distance": t(
        "The size of the smallest change found for the middle row: 1 is one standard deviation of one input."
    ),
    "disagreement_rate": t("The share of rows that get another decision when the model is asked again."),
    "monotonicity_violation_rate": t("The share of cases in which the answer moves against a declared direction."),
    "monotonicity_decision_rate": t("The share of cases in which the decision turns against a declared direction."),
    "invariance_violation_rate": t("The share of cases in which the answer changes with what is declared irrelevant."),
    "invariance_decision_rate": t("The share of cases in which the decision changes with what is declared irrelevant."),
    "scale_violation_rate": t("The share of cases in which the answer changes with the unit of a quantity."),
    "scale_decision_rate": t("The share of cases in which the decision changes with the unit of a quantity."),
    "invalid_answer_rate": t("The share of ordinary rows that get no answer, or one that is none."),
    "malformed_failure_rate": t("The share of malformed inputs that the model neither answers nor refuses."),
    "isolation_level": t(
        "How the model was held: 0 without walls, 1 by filters, 2 by namespaces of its own, 3 by a kernel of its own."
    ),
    "attempts_held": t("Attempts on the walls, made before the model was let in, that were held off."),
    "attempts_through": t("Attempts on the walls that got through."),
    "denied_calls": t(
        "What the loaded model asked of the system and was denied, such as opening a network connection."
    ),
    "denied_calls_at_start": t("The same while the model was loaded; some libraries ask for harmless things then."),
    "leaked_rows": t("Evaluation rows that stand in the training data. 0 is perfect."),
    "repeated_cases": t("Evaluation rows whose features and label stand in a training row. 0 is perfect."),
    "near_duplicate_rows": t("Evaluation rows that are nearly a training row, by their numbers or their text."),
    "near_duplicate_share": t("The share of the evaluation rows that are nearly a training row, less chance."),
    "shared_entity_rows": t("Evaluation rows of people or things that the training data know. 0 is perfect."),
    "rows_not_later": t("Evaluation rows that are not later than all training rows. 0 is perfect."),
    "target_copies": t("Features that are the outcome under another name. 0 is perfect."),
    "best_single_feature": t("How well the most telling feature alone says the outcome. 1 gives it away."),
    "accuracy_of_unseen_rows": t("The accuracy on the rows that were not known in training."),
    "accuracy_gained_by_known_rows": t("How much the rows that were known in training add to the accuracy."),
    "violations": t("Crashes, hangs, answers that are none and limits passed."),
    "claim_excess": t(
        "How far the boldest figure that a document claims lies above the interval measured. At or below 0 nothing is "
        "overclaimed."
    ),
    "figures_unread": t("Places in the documents that seem to claim a figure and were not read."),
    "model_card_blocks_filled": t("The share of the blocks that a model card must have which say something."),
    "system_card_blocks_filled": t("The share of the blocks that a system card must have which say something."),
    "system_card_unknown_digests": t("Digests in the system card that belong to no file of the submission."),
    "signature_faults": t(
        "What is wrong with the model's signature: another key, other files, or a file that cannot be read."
    ),
    "signatures_verified": t(
        "1 where a given key or certificate bears out the signature of exactly these files, else 0."
    ),
    "bom_coverage": t(
        "The share of the files that the provider's own list of components names with their right digest."
    ),
    "bom_digest_mismatches": t("Files that the provider's own list of components names with another digest."),
}
"""Measure -> what it is."""

METHODS: Mapping[str, Text] = {
    "wilson": t("Interval for a share (Wilson 1927)."),
    "wilson-effective": t("Wilson's interval with the number of rows that the spread seen is worth."),
    "wilson-transformed": t("Wilson's interval, carried over by a rising function."),
    "clopper-pearson": t("Exact interval for a share (Clopper and Pearson 1934)."),
    "newcombe": t("Interval for the difference of two shares (Newcombe 1998)."),
    "newcombe-simultaneous": t("Newcombe's interval, widened so that it holds for all pairs of groups at once."),
    "order-statistics": t(
        "Interval for a quantile, from the order of the values alone (David and Nagaraja 2003); never too short."
    ),
    "newcombe-paired": t("Interval for the difference of two shares of the same rows (Newcombe 1998)."),
    "newcombe-hanley-mcneil": t("Interval for the area under a ROC curve (Newcombe 2006)."),
    "koopman": t("Interval for the ratio of two shares (Koopman 1984)."),
    "koopman-simultaneous": t("Koopman's interval, widened so that it holds for all pairs of groups at once."),
    "newcombe-agresti-caffo": t("Interval for the difference of two shares (Newcombe 1998, Agresti and Caffo 2000)."),
    "newcombe-agresti-caffo-scaled": t("The same, times the share of the rows that make the difference."),
    "newcombe-agresti-caffo-tukey": t(
        "The same for the largest difference of many; its lower end holds for all pairs."
    ),
    "newcombe-agresti-caffo-effective": t("The same, with the number of rows that weighted rows are worth."),
    "newcombe-agresti-caffo-tukey-effective": t("The same, with the number of rows that weighted rows are worth."),
    "newcombe-agresti-caffo-contrasts": t("The same for the largest of many groups, each against everybody else."),
    "mover-r-contrasts": t("The same for the largest of many groups, each against everybody else."),
    "mover-r": t("Interval for the ratio of two shares (Donner and Zou 2012)."),
    "mover-r-tukey": t("The same for the smallest ratio of many; its upper end holds for all pairs."),
    "mover-r-effective": t("The same, with the number of rows that weighted rows are worth."),
    "mover-r-tukey-effective": t("The same, with the number of rows that weighted rows are worth."),
    "wilson-adjusted-lowest": t(
        "Interval for the lowest share of several; its upper end holds for all of them at once."
    ),
    "wilson-adjusted-highest": t(
        "Interval for the highest share of several; its lower end holds for all of them at once."
    ),
    "mover-wilson": t("Interval for a mean of shares, from Wilson's intervals (Zou and Donner 2008)."),
    "delong-logit": t("Interval for the area under a ROC curve (DeLong 1988, on the logit scale)."),
    "logit-normal": t("Normal interval on the logit scale."),
    "wald": t("Normal interval around an estimate (Wald 1943)."),
    "jackknife-log-root": t("Interval on the scale of logarithms, from leaving out one row at a time (Miller 1974)."),
    "jackknife-log-complement": t(
        "Interval on the scale of logarithms, from leaving out one row at a time (Miller 1974)."
    ),
    "mean-of-wilson-transformed": t("Mean of the limits of each class's own F1."),
    "massart-triangle": t("Bounds that hold for every sample of that size (Massart 1990), shared out over both files."),
    "newcombe-agresti-caffo-shortfall": t(
        "Interval for how much lower a share lies than elsewhere; its lower end holds for all slices at once."
    ),
    "delta-chi-squared": t("Delta method, less the bias of adding up distances."),
    "student-t-blocks": t("Student's t for what is added from one block of calls to the next."),
    "hall-t-inverse": t("Interval of the mean time of a call, turned over."),
    "exact": t(
        "Exact interval: every possible table of the two groups is added up, so that it never covers less than it says."
    ),
    "exact-simultaneous": t("Exact intervals, widened so that they hold for all pairs of groups at once."),
    "hall-t": t("Interval for a mean: Student's t, widened where the numbers are skewed (Hall 1992)."),
    "mover-hall-t": t("Interval for the difference of two means, from each mean's own interval (Zou and Donner 2008)."),
    "mover-hall-t-simultaneous": t(
        "The same for the largest difference of many groups, so that it holds for all pairs at once."
    ),
    "mover-r-hall-t": t("Interval for the ratio of two means, from each mean's own interval (Donner and Zou 2012)."),
    "mover-r-hall-t-simultaneous": t(
        "The same for the smallest ratio of many groups, so that it holds for all pairs at once."
    ),
    "bootstrap-normal": t("Normal interval whose standard error comes from drawing the rows of each group again."),
    "wilson-given-scores": t(
        "Interval for what happened against given probabilities (Wilson 1927; never too short: Hoeffding 1956)."
    ),
    "newcombe-given-scores": t("The same for the difference of two groups (Newcombe 1998)."),
    "newcombe-given-scores-simultaneous": t(
        "The same for the largest difference of many groups, so that it holds for all pairs at once."
    ),
    "binned-normal": t("Normal interval for a calibration error, less what chance alone adds to it."),
    "robins-breslow-greenland": t("Interval for a common odds ratio (Robins, Breslow and Greenland 1986)."),
    "bootstrap": t("Interval from drawing the rows again many times (percentile bootstrap)."),
    "by-construction": t("The value follows from how things are built; no sample is involved."),
}
"""Interval method -> what it is."""
