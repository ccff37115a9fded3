"""node.publish: source is built in the sandbox, the binary admitted; then there is a node."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import Rejected
from logos_graph.graph.capabilities import Capability
from logos_graph.graph.component import ports_json
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import (
    Admission,
    AdmittedModule,
    BuiltModule,
    Mutation,
    PendingIntent,
)
from logos_graph.supervisor.view import View

__all__ = ["needed", "publish"]


def publish(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_COMPILE, E_ADMIT_…; a binary that is a node already only gets the name.

    The binary is admitted with the grants that are in force for its id, and they still are when the
    node is committed.
    """
    source = text(pending, "source").encode()
    built = context.builder.build(source)
    granted = context.view.granted(content_id(built.module))
    admitted = _admit(context.admission, built.module, granted)

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        revoked = sorted(granted - view.granted(admitted.id))
        if revoked:
            raise _not_granted(
                f"the grant of {', '.join(revoked)} was revoked meanwhile", admitted.id, revoked
            )
        return ()

    name = text(pending, "name")
    mutations: list[Mutation] = []
    if context.store.component(admitted.id) is None:
        mutations.append(_node(built, admitted, content_id(source)))
    mutations.append({"kind": "name", "name": name, "target": admitted.id})
    blobs = {admitted.id: built.module, content_id(source): source}
    return Effect(
        tuple(mutations),
        {"node": admitted.id, "name": name, "size": admitted.size, "new": len(mutations) == 2},
        blobs=blobs,
        entries=check,
    )


def _node(built: BuiltModule, admitted: AdmittedModule, source: ContentId) -> Mutation:
    return {
        "kind": "node",
        "id": admitted.id,
        "name": admitted.descriptor.name,
        "docs": admitted.descriptor.docs,
        "inputs": ports_json(admitted.descriptor.inputs),
        "outputs": ports_json(admitted.descriptor.outputs),
        "imports": imports_json(admitted),
        "size": admitted.size,
        "source": source,
        "toolchain": built.toolchain,
        "sdk": built.sdk,
        "layer": "Sediment",
    }


def imports_json(admitted: AdmittedModule) -> list[Json]:
    """What it imports, in the ledger's form."""
    return [{"module": each.module, "name": each.name} for each in admitted.imports]


def _admit(admission: Admission, module: bytes, granted: frozenset[str]) -> AdmittedModule:
    """The module, admitted; an import without its grant is refused with the way to get one."""
    try:
        return admission.admit(module, granted)
    except Rejected as error:
        if error.code != "E_ADMIT_GRANT":
            raise
        missing = sorted(needed(admission, module) - granted)
        raise _not_granted(error.message, content_id(module), missing, **error.data) from None


def needed(admission: Admission, module: bytes) -> frozenset[str]:
    """The capabilities without which the module would not be admitted. Raises Rejected E_ADMIT_…"""
    every = frozenset(each.value for each in Capability)
    admission.admit(module, every)
    return frozenset(each for each in every if not _admissible(admission, module, every - {each}))


def _admissible(admission: Admission, module: bytes, granted: frozenset[str]) -> bool:
    try:
        admission.admit(module, granted)
    except Rejected:
        return False
    return True


def _not_granted(
    message: str, node: ContentId, capabilities: Sequence[str], **data: object
) -> Rejected:
    commands = ", ".join(f"`logos capability grant {node} {each}`" for each in capabilities)
    return Rejected(
        "E_ADMIT_GRANT",
        message,
        hint=f"store it with `logos node draft FILE.rs`; who approves of it then gives {commands}",
        **data | {"node": node, "capabilities": [*capabilities]},
    )
