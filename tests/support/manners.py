"""Three stretches, and every manner in which they are listened to."""

from __future__ import annotations

STRETCHES = ("knee-to-chest", "cat-cow", "bird-dog")  # a hold on two sides, a flow, a counted hold
MANNERS = {
    "count": ("--guidance", "full"),
    "count on a short beat": ("--beat", "0.6", "--guidance", "full", "--setup", "brisk"),
    "count on a long beat": ("--beat", "2", "--setup", "brisk", "--words", "brief"),
    "words": ("--pace", "words", "--breath", "box"),
    "tone": ("--pace", "tone"),
    "tone and count": ("--pace", "tone+count", "--breath", "relax", "--beat", "0.8"),
    "chime": ("--pace", "chime", "--breath", "4-2-5-1"),
    "silent": ("--pace", "silent"),
}
NOT_COUNTED = ("tone", "chime", "silent")
"""In these the breath is not counted, nor a hold under load."""
