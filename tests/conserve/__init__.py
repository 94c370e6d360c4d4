"""Conservation: files are damaged by the thousand, and every word that is still in a file comes out of it again.

Every cell of text in a file is a word that no other cell has. A counter that knows nothing of formats finds the words
in the bytes; each must be in a valid row, in the raw text of a quarantined one, or in a file that is refused.
"""
