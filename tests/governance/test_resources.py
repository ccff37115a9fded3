"""Resources are found by the path they have in a checkout, and no other file is."""

from __future__ import annotations

import pytest

from logos_graph import resources
from logos_graph.errors import EnvironmentFault, InvalidInput


def test_a_resource_is_read_by_its_checkout_path() -> None:
    assert "permit" in resources.read_text("schemas/policies/bootstrap.cedar")
    assert resources.locate("schemas/verbs").is_dir()


def test_files_are_listed_by_suffix_in_order() -> None:
    files = resources.list_files("schemas/verbs", ".schema.json")
    assert "schemas/verbs/flow.run.schema.json" in files
    assert list(files) == sorted(files)
    assert resources.list_files("schemas/verbs", ".cedar") == ()


@pytest.mark.parametrize("path", ["../x", "schemas/../../x", "/etc/passwd", ""])
def test_a_path_out_of_the_resources_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resources.locate(path)
    assert refused.value.code == "E_RESOURCE_PATH"


def test_a_missing_resource_is_a_fault_of_the_installation() -> None:
    with pytest.raises(EnvironmentFault) as fault:
        resources.read_text("schemas/verbs/none.schema.json")
    assert fault.value.code == "E_RESOURCE_MISSING"
