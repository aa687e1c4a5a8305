"""The index of assessments in a tracking store: once for each bundle, by whichever way the store is reached."""
