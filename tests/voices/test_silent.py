from coach.voices import open_voice
from coach.voices.silent import silent_timing


def test_it_is_silent_for_as_long_as_it_says() -> None:
    voice = open_voice("silent", 145)
    clip = voice.speak("Breathe in.")
    assert clip.timing == silent_timing("Breathe in.")
    assert clip.timing.length_ms == 150 + 62 * 11
    assert not clip.pcm.any()
    assert round(len(clip.pcm) / 48) == clip.timing.length_ms
    voice.close()
