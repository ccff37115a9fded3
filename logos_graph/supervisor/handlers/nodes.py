"""node.publish: source is built in the sandbox, the binary admitted; then there is a node."""

from __future__ import annotations

from logos_graph.canon import content_id
from logos_graph.graph.component import ports_json
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import Mutation, PendingIntent

__all__ = ["publish"]


def publish(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_COMPILE, E_ADMIT_…; a binary that is a node already only gets the name."""
    source = text(pending, "source").encode()
    built = context.builder.build(source)
    admitted = context.admission.admit(built.module, frozenset())
    name = text(pending, "name")
    mutations: list[Mutation] = []
    if context.store.component(admitted.id) is None:
        mutations.append(
            {
                "kind": "node",
                "id": admitted.id,
                "name": admitted.descriptor.name,
                "docs": admitted.descriptor.docs,
                "inputs": ports_json(admitted.descriptor.inputs),
                "outputs": ports_json(admitted.descriptor.outputs),
                "imports": [
                    {"module": each.module, "name": each.name} for each in admitted.imports
                ],
                "size": admitted.size,
                "source": content_id(source),
                "toolchain": built.toolchain,
                "sdk": built.sdk,
                "layer": "Sediment",
            }
        )
    mutations.append({"kind": "name", "name": name, "target": admitted.id})
    blobs = {admitted.id: built.module, content_id(source): source}
    return Effect(
        tuple(mutations),
        {"node": admitted.id, "name": name, "size": admitted.size, "new": len(mutations) == 2},
        blobs=blobs,
    )
