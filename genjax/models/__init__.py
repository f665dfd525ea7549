"""One family a file: networks and losses become phases."""
