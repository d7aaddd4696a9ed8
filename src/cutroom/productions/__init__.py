"""Records: what is made of recordings (transcripts, subtitles, highlights, clips, posts), in versions."""
