"""What a person asks of a home: where a file is, what it holds, which bytes a row came from; nothing is changed."""
