"""Whether each decision saw the trajectory that there was (I4), without the graph that keeps it."""

from __future__ import annotations

from logos_graph.errors import LogosError
from logos_graph.governance import Conducts, check_trajectory
from logos_graph.ledger import Entry
from logos_graph.ledger.tally import Tally

__all__ = ["Trajectories"]

_FITS = "what a trajectory can be made of"


class Trajectories:
    """Everybody's conduct along the entries; what does not fit it is told to `tally`."""

    def __init__(self, tally: Tally) -> None:
        self._tally, self._conducts = tally, Conducts()

    def take(self, entry: Entry) -> None:
        """The next entry."""
        try:
            before, self._conducts = self._conducts, self._conducts.after(entry)
            check_trajectory(before, entry)
        except LogosError as error:
            self._tally.refused(entry.index, _FITS, error)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            fault = LogosError("E_STATE", f"entry {entry.index}: {error!r}"[:200])
            self._tally.refused(entry.index, _FITS, fault)
