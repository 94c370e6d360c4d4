"""What sources behind a network share: addresses, streams, TLS, SSH with its pinned keys, the talk of FTP."""
