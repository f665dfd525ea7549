"""What a training looks at between chunks: an observer for each kind of data."""
