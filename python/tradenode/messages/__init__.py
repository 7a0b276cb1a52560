"""The words that every other part of the package uses: frozen messages and units."""
