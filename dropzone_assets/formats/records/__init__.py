"""The two ways JSON holds records: in documents, or one a line."""
