"""The way from each position to each: one table, read by the planner."""

from __future__ import annotations

from coach.core.positions import Move, Position

P = Position

# Positions from which one gets up, over or down in the same way.
_ORIGIN = {
    None: "anywhere",
    P.BACK: "back",
    P.BACK_KNEES_BENT: "back",
    P.HANDS_AND_KNEES: "knees",
    P.KNEELING: "knees",
    P.FACE_DOWN: "belly",
    P.SITTING: "seat",
    P.STANDING: "feet",
}

# How to reach each position, by where one comes from.
_WAYS: dict[Position, dict[str, tuple[Move, ...]]] = {
    P.BACK: {
        "anywhere": (Move("Lie down on your back, with your legs long.", 10_000),),
        "back": (Move("Let both legs slide long.", 4_000),),
        "knees": (
            Move("Lower yourself onto your side.", 5_000),
            Move("Roll onto your back, legs long.", 6_000),
        ),
        "belly": (Move("Roll over onto your back, legs long.", 8_000),),
        "seat": (Move("Lower yourself onto your back, legs long.", 8_000),),
        "feet": (Move("Come down to the floor.", 8_000), Move("Lie on your back, legs long.", 7_000)),
    },
    P.BACK_KNEES_BENT: {
        "anywhere": (
            Move("Lie down on your back.", 9_000),
            Move("Bend your knees, feet flat on the floor.", 5_000),
        ),
        "back": (Move("Bend both knees, feet flat on the floor.", 5_000),),
        "knees": (
            Move("Lower yourself onto your side.", 5_000),
            Move("Roll onto your back.", 5_000),
            Move("Bend both knees, feet flat on the floor.", 4_000),
        ),
        "belly": (
            Move("Roll over onto your back.", 7_000),
            Move("Bend both knees, feet flat on the floor.", 4_000),
        ),
        "seat": (Move("Lower yourself onto your back, knees bent.", 8_000),),
        "feet": (Move("Come down to the floor.", 8_000), Move("Lie on your back, knees bent.", 7_000)),
    },
    P.HANDS_AND_KNEES: {
        "anywhere": (Move("Come onto your hands and knees.", 9_000),),
        "back": (Move("Roll onto your side.", 5_000), Move("Come up onto your hands and knees.", 7_000)),
        "knees": (Move("Come onto your hands and knees.", 4_000),),
        "belly": (Move("Press up onto your hands and knees.", 7_000),),
        "seat": (Move("Turn, and come onto your hands and knees.", 7_000),),
        "feet": (Move("Come down to the floor, onto your hands and knees.", 9_000),),
    },
    P.KNEELING: {
        "anywhere": (Move("Come to kneeling, and sit back on your heels.", 9_000),),
        "back": (Move("Roll onto your side.", 5_000), Move("Come up to kneeling.", 7_000)),
        "knees": (Move("Sit back onto your heels.", 4_000),),
        "belly": (Move("Press up to your knees, and sit back on your heels.", 8_000),),
        "seat": (Move("Turn, and come to kneeling.", 7_000),),
        "feet": (Move("Come down to kneeling.", 8_000),),
    },
    P.FACE_DOWN: {
        "anywhere": (Move("Lie face down on the floor, legs long.", 10_000),),
        "back": (Move("Roll over onto your belly, legs long.", 8_000),),
        "knees": (Move("Lower yourself onto your belly, legs long.", 7_000),),
        "belly": (Move("Lie flat, legs long.", 4_000),),
        "seat": (Move("Turn, and lie down on your belly, legs long.", 9_000),),
        "feet": (Move("Come down to the floor.", 8_000), Move("Lie on your belly, legs long.", 7_000)),
    },
    P.SITTING: {
        "anywhere": (Move("Sit on the floor, legs in front of you.", 9_000),),
        "back": (Move("Roll onto your side.", 5_000), Move("Push up with your hands, and sit tall.", 7_000)),
        "knees": (Move("Come to sitting, legs in front of you.", 7_000),),
        "belly": (Move("Roll onto your side.", 5_000), Move("Push up with your hands, and sit tall.", 7_000)),
        "seat": (Move("Sit tall, legs in front of you.", 4_000),),
        "feet": (Move("Come down, and sit on the floor.", 9_000),),
    },
    P.STANDING: {
        "anywhere": (Move("Stand tall, feet hip-width apart.", 6_000),),
        "back": (
            Move("Roll onto your side.", 5_000),
            Move("Push up with your hands, onto your knees.", 6_000),
            Move("Stand up slowly.", 8_000),
        ),
        "knees": (Move("Stand up slowly.", 8_000),),
        "belly": (Move("Press up onto your hands and knees.", 7_000), Move("Stand up slowly.", 8_000)),
        "seat": (Move("Come onto your hands and knees.", 7_000), Move("Stand up slowly.", 8_000)),
        "feet": (Move("Stand tall, feet hip-width apart.", 3_000),),
    },
}


def way(origin: Position | None, target: Position) -> tuple[Move, ...]:
    """Return the spoken way from one position to another; ``None`` is wherever the listener starts.

    Already being there needs no words.
    """
    return () if origin is target else _WAYS[target][_ORIGIN[origin]]
