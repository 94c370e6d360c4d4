"""What is asked of the blocks of an Avro file before they are decoded: that the bytes are what they say they are."""
