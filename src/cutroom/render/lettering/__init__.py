"""Letters as pictures: fonts, layout, drawing, movement, captions."""
