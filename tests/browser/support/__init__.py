"""What browser tests share: scenes, input devices, journeys, servers."""
