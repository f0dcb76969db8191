"""What gives meaning away in a language: words for numbers, dates and denial, and turns of phrase. Pure tables."""
