"""Pictures that the filter graph cannot draw: what moves, turns, is masked, filtered, blended or animated.

A child process paints them frame by frame and ffmpeg lays them on the rest. A frame depends on the clip and its own
number alone, never on where a segment starts.
"""
