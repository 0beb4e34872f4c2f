"""Defaults, in one place that is quick to import."""

BREATH = "4-6"
"""Slow breathing near six a minute with the longer exhale is a fair default; the evidence is mixed (Steffen 2017,
Laborde 2021, Meehan & Shaffer 2024), so it is adjustable and promises comfort, not therapy."""
BEAT_MS = 1000
"""One count a second."""
RATE_WPM = 145
"""Words a minute: calm speech is 140 to 150."""
VOICE = "auto"
"""The best that is installed."""
LOUDNESS_LUFS = -16.0
"""Integrated loudness as heard on two loudspeakers: what Apple asks of podcasts."""
BACKGROUND_LU = -12.0
"""How loud a background is in pauses, relative to the voice."""
BREATHING_MINUTES = 5.0
"""How long breathing alone lasts."""
