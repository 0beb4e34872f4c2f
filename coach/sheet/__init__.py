"""A routine on paper: what there is to do, what to mind, and boxes to tick."""
