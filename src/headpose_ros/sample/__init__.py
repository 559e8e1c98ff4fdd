"""The built-in sample: a rendered head whose true rotation is known."""
