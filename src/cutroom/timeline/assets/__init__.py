"""What a clip shows or plays: assets, told apart by `type`. One more, the timeline in a timeline, is in `model`."""
