// Every node of the graph, as a stream; what has no known label, or not the key of its label, has no key.
// An entry's text is left out: the chain answers for it.
// Parameters: none. Rows: key (label and key, or null), element (its internal id), labels,
//   properties (map).
MATCH (n)
RETURN CASE
    WHEN n:LedgerEntry THEN 'LedgerEntry ' + toStringOrNull(n.index)
    WHEN n:LogLine THEN 'LogLine ' + toStringOrNull(n.cid)
    WHEN n:Step THEN 'Step ' + toStringOrNull(n.run) + ' ' + toStringOrNull(n.name)
    WHEN n:Run THEN 'Run ' + toStringOrNull(n.id)
    WHEN n:Principal THEN 'Principal ' + toStringOrNull(n.did)
    WHEN n:Node THEN 'Node ' + toStringOrNull(n.id)
    WHEN n:Flow THEN 'Flow ' + toStringOrNull(n.id)
    WHEN n:RunLimit THEN 'RunLimit ' + toStringOrNull(n.id)
    WHEN n:Delegation THEN 'Delegation ' + toStringOrNull(n.id)
    WHEN n:StoredValue THEN 'StoredValue ' + toStringOrNull(n.id)
    WHEN n:Escalation THEN 'Escalation ' + toStringOrNull(n.id)
    WHEN n:Conduct THEN 'Conduct ' + toStringOrNull(n.id)
    WHEN n:Alarm THEN 'Alarm ' + toStringOrNull(n.id)
    WHEN n:Rate THEN 'Rate ' + toStringOrNull(n.id)
    WHEN n:Draft THEN 'Draft ' + toStringOrNull(n.id)
    WHEN n:Grant THEN 'Grant ' + toStringOrNull(n.id)
    WHEN n:Placement THEN 'Placement ' + toStringOrNull(n.flow) + ' ' + toStringOrNull(n.name)
    WHEN n:Port THEN 'Port ' + toStringOrNull(n.node) + ' ' + toStringOrNull(n.direction) + ' ' + toStringOrNull(n.name)
    WHEN n:Module THEN 'Module ' + toStringOrNull(n.id)
    WHEN n:Source THEN 'Source ' + toStringOrNull(n.id)
    WHEN n:Type THEN 'Type ' + toStringOrNull(n.id)
    WHEN n:Capability THEN 'Capability ' + toStringOrNull(n.id)
    WHEN n:Name THEN 'Name ' + toStringOrNull(n.name)
    WHEN n:Verb THEN 'Verb ' + toStringOrNull(n.name)
    WHEN n:Policy THEN 'Policy ' + toStringOrNull(n.id)
    WHEN n:Governance THEN 'Governance ' + toStringOrNull(n.ledger)
    WHEN n:Supervisor THEN 'Supervisor ' + toStringOrNull(n.did)
    WHEN n:PrincipalKey THEN 'PrincipalKey ' + toStringOrNull(n.key)
    WHEN n:Revocation THEN 'Revocation ' + toStringOrNull(n.id)
    WHEN n:LedgerHead THEN 'LedgerHead ' + toStringOrNull(n.ledger)
  END AS key, elementId(n) AS element, labels(n) AS labels,
  CASE WHEN n:LedgerEntry THEN n {.*, text: null} ELSE properties(n) END AS properties
