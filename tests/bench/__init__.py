"""Speed, as ratios against a floor or a baseline of the same run: ``make bench``."""
