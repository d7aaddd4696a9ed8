"""Engine: shots, subjects and where to look; a wide picture becomes a tall one."""
