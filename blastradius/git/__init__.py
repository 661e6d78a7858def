"""The only door to git: repositories, ranges, trees, blobs, trial reverts."""
