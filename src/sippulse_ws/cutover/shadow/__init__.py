"""Shows before the switch whether clients will work: a comparing proxy, and replays."""
