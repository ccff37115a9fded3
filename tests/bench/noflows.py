"""What a judgement asks of flows when the act runs none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logos_graph.canon import ContentId, Json

__all__ = ["NoFlows"]


class NoFlows:
    """Implements logos_graph.supervisor.decide.Flows; that it is asked at all is a mistake."""

    def check_inputs(self, flow: ContentId, inputs: Mapping[str, Json]) -> Never:
        """See Flows."""
        raise RuntimeError(f"nothing runs a flow here, but {flow} was asked for {sorted(inputs)}")

    def needs(self, flow: ContentId) -> Never:
        """See Flows."""
        raise RuntimeError(f"nothing runs a flow here, but {flow} was asked for its needs")
