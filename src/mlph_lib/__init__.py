"""The library behind the book *One Uniform Number*: one subpackage an idea."""
