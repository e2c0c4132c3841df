"""The sample pictures, drawn from geometry: a canvas, a box of motifs, and scenes."""
