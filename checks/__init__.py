"""Gates that need a browser or TeX; `make check` runs them on what was built."""
