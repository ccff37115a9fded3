"""From a source to a module that may become a node: what publishing, forking and drafting share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import Rejected
from logos_graph.graph.capabilities import EVERY_CAPABILITY, grant_command
from logos_graph.graph.component import ports_json
from logos_graph.supervisor.building_ports import Admission, AdmittedModule, BuiltModule
from logos_graph.supervisor.effects import Context
from logos_graph.supervisor.ports import (
    Mutation,
)
from logos_graph.supervisor.view import View

__all__ = ["Made", "imports_json", "make"]


@dataclass(frozen=True, slots=True)
class Made:
    """A source, built and admitted with the grants in force for what it was built to."""

    source: bytes
    built: BuiltModule
    admitted: AdmittedModule
    granted: frozenset[str]

    @property
    def mutation(self) -> Mutation:
        """The ledger's `node` mutation."""
        return {
            "kind": "node",
            "id": self.admitted.id,
            "name": self.admitted.descriptor.name,
            "docs": self.admitted.descriptor.docs,
            "inputs": ports_json(self.admitted.descriptor.inputs),
            "outputs": ports_json(self.admitted.descriptor.outputs),
            "imports": imports_json(self.admitted),
            "size": self.admitted.size,
            "source": content_id(self.source),
            "toolchain": self.built.toolchain,
            "flags": [*self.built.flags],
            "sdk": self.built.sdk,
            "layer": "Sediment",
        }

    @property
    def blobs(self) -> dict[ContentId, bytes]:
        """The binary and the source, by their ids."""
        return {self.admitted.id: self.built.module, content_id(self.source): self.source}

    def check_granted(self, view: View) -> None:
        """Rejected E_ADMIT_GRANT if a grant ended between the admission and the commit."""
        node = self.admitted.id
        revoked = sorted(self.granted - view.granted(node))
        if revoked:
            message = f"the grant of {', '.join(revoked)} was revoked meanwhile"
            raise _not_granted(message, node, revoked)


def make(context: Context, source: str) -> Made:
    """Builds and admits a source. Rejected E_COMPILE, E_BUILD_…, E_ADMIT_…."""
    data = source.encode()
    built = context.builder.build(data)
    granted = context.view.granted(content_id(built.module))
    return Made(data, built, _admit(context.admission, built.module, granted), granted)


def _admit(admission: Admission, module: bytes, granted: frozenset[str]) -> AdmittedModule:
    """The module, admitted; an import without its grant is refused with the way to get one."""
    try:
        return admission.admit(module, granted)
    except Rejected as error:
        if error.code != "E_ADMIT_GRANT":
            raise
        missing = sorted(admission.admit(module, EVERY_CAPABILITY).needs - granted)
        raise _not_granted(error.message, content_id(module), missing, **error.data) from None


def imports_json(admitted: AdmittedModule) -> list[Json]:
    """What it imports, in the ledger's form."""
    return [{"module": each.module, "name": each.name} for each in admitted.imports]


def _not_granted(
    message: str, node: ContentId, capabilities: Sequence[str], **data: object
) -> Rejected:
    commands = [grant_command(node, each) for each in capabilities]
    return Rejected(
        "E_ADMIT_GRANT",
        message,
        hint="\n".join(
            ["store it with `logos node draft FILE.rs`; who approves of it then gives:", *commands]
        ),
        **data | {"node": node, "capabilities": [*capabilities]},
    )
