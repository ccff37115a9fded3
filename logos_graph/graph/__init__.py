"""Types, ports, nodes, flows, thresholds: what a dataflow graph is and when it is sound. Pure."""

from logos_graph.graph.check import check_flow
from logos_graph.graph.codec import PortsCodec, ports_codec
from logos_graph.graph.component import Component, Layer, Node, Port
from logos_graph.graph.descriptor import Descriptor, parse_descriptor
from logos_graph.graph.draft import DraftEdge, FlowDraft
from logos_graph.graph.flow import INPUT, OUTPUT, Edge, Endpoint, Flow, Placement
from logos_graph.graph.flowfile import parse_flow_file
from logos_graph.graph.stored import parse_flow, used_by
from logos_graph.graph.thresholds import Threshold, parse_threshold, prove_cover
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Type

__all__ = [
    "INPUT",
    "OUTPUT",
    "Component",
    "Descriptor",
    "DraftEdge",
    "Edge",
    "Endpoint",
    "Flow",
    "FlowDraft",
    "Layer",
    "Node",
    "Placement",
    "Port",
    "PortsCodec",
    "Threshold",
    "Type",
    "check_flow",
    "parse_descriptor",
    "parse_flow",
    "parse_flow_file",
    "parse_threshold",
    "parse_type",
    "ports_codec",
    "prove_cover",
    "used_by",
]
