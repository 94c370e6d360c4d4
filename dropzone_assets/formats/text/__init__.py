"""What texts are made of: encodings, delimiters, quotes, decimals, found out by proof."""
