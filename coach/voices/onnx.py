"""Neural models as the coach runs them: each process on one thread, which waits without turning in circles.

Left to itself onnxruntime gives every text all cores, and its threads spin between two of them: nearly half of the
processor time of a Piper voice. A process a core makes better use of them.
"""

from __future__ import annotations

import os
from typing import Any

PROCESSES = min(2, os.cpu_count() or 1)
"""Each holds a model of its own in memory; more than two gain little where an encoder works too."""


def session(model: str) -> Any:
    """Load a model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
