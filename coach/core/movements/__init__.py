"""The kinds of movement, a module each. To add one, add a file and a row."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coach.core.movements.counted import Counted
from coach.core.movements.flow import Flow
from coach.core.movements.hold import Hold
from coach.core.movements.repeated_hold import RepeatedHold
from coach.core.movements.rest import Rest
from coach.core.movements.sequence import Sequence

KINDS = (Flow, Hold, RepeatedHold, Sequence, Counted, Rest)
"""Every kind."""
AnyMovement = Annotated[Flow | Hold | RepeatedHold | Sequence | Counted | Rest, Field(discriminator="kind")]
"""What stands under ``movement`` in a script."""
KIND_NAMES = tuple(kind.model_fields["kind"].annotation.__args__[0] for kind in KINDS)  # type: ignore[union-attr]
"""What a script calls each kind."""
