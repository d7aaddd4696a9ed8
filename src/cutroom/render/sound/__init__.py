"""Sound, a continuous path of its own: planned, mixed to the sample, mastered and encoded; and measured."""
