"""Drive: the command line and the pipeline that takes one submission through all rooms."""
