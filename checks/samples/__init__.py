"""Two samples of rows held against each other: how far apart they lie, and whether a learner tells them apart."""
