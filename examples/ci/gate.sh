#!/bin/sh
# The gate for any other CI: exit code 0 lets the release pass. Arguments: the submission, the policy.
set -eu
submission=${1:?the submission: a folder with submission.yaml}
policy=${2:-baseline}

proofbox submission lint "$submission"
code=0
proofbox run "$submission" --policy "$policy" --no-mlflow --out evidence \
    --junit proofbox.xml --sarif proofbox.sarif --summary proofbox-summary.md || code=$?

case $code in
    0) echo "gate: conforms" ;;
    1) echo "gate: does not conform; what failed is in evidence/report.html" ;;
    3) echo "gate: undetermined, which is neither yes nor no; treated as no" ;;
    4) echo "gate: this machine cannot isolate a model; 'proofbox doctor' says what to install" ;;
    *) echo "gate: nothing was assessed (exit code $code)" ;;
esac
exit "$code"
