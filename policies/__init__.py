"""Judge: policy files, thresholds, verdicts and waivers. Judging is a pure function of policy and measurements."""
