"""What a run leaves for people: the HTML report, the terminal summary, its columns as files."""
