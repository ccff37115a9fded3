// Appends entries to the chain and, in the same transaction, what they say of intents, consents and runs.
// The head is locked first, then compared and swapped: no row comes back when somebody else was first.
// Parameters: ledger; expected_hash (the head that the entries were built on); last (map index, hash,
//   recorded_at of the last new entry); entries, loglines, consents, endings, runs (lists of maps).
// Rows: index of the last entry; none if the head has moved.
MATCH (head:LedgerHead {ledger: $ledger})
SET head.lock = $last.index
WITH head
WHERE head.hash = $expected_hash
SET head.index = $last.index, head.hash = $last.hash, head.recorded_at = $last.recorded_at
WITH head
CALL () {
  UNWIND $entries AS row
  CREATE (entry:LedgerEntry)
  SET entry = row
  WITH entry, row
  MATCH (previous:LedgerEntry {hash: row.prev_hash})
  CREATE (previous)-[:NEXT {ledger_index: row.index}]->(entry)
}
CALL () {
  UNWIND $loglines AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (who:Principal {did: row.line.who})
  CREATE (line:LogLine:Pending)
  SET line = row.line
  CREATE (entry)-[:RECORDS {ledger_index: row.line.ledger_index}]->(line)
  CREATE (who)-[:SUBMITTED {ledger_index: row.line.ledger_index}]->(line)
}
CALL () {
  UNWIND $consents AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (line:LogLine {cid: row.intent})
  MATCH (by:Principal {did: row.by})
  CREATE (entry)-[:RECORDS {ledger_index: row.index}]->(line)
  CREATE (by)-[:ANSWERED {answer: row.answer, cid: row.cid, ledger_index: row.index}]->(line)
  SET line.decision = coalesce(row.decision, line.decision),
    line.policy_hash = coalesce(row.policy_hash, line.policy_hash)
}
CALL () {
  UNWIND $endings AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (line:LogLine:Pending {cid: row.intent})
  REMOVE line:Pending
  SET line += row.ending
  CREATE (entry)-[:RECORDS {ledger_index: row.index}]->(line)
}
CALL () {
  UNWIND $runs AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (flow:Flow {id: row.run.flow})
  MATCH (line:LogLine {cid: row.run.intent})
  CREATE (run:Run)
  SET run = row.run
  CREATE (entry)-[:RECORDS {ledger_index: row.run.ledger_index}]->(run)
  CREATE (run)-[:EXECUTES {ledger_index: row.run.ledger_index}]->(flow)
  CREATE (line)-[:CAUSED {ledger_index: row.run.ledger_index}]->(run)
  WITH run, row
  CALL (run, row) {
    UNWIND row.steps AS detail
    CREATE (run)-[:HAS_STEP {ledger_index: run.ledger_index}]->(step:Step)
    SET step = detail
    WITH run, step ORDER BY step.position
    RETURN collect(step) AS steps
  }
  CALL (run, steps) {
    UNWIND steps AS step
    MATCH (node:Node {id: step.node})
    CREATE (step)-[:RAN {ledger_index: run.ledger_index}]->(node)
  }
  UNWIND row.carried AS carried
  WITH steps[carried.source] AS source, steps[carried.target] AS target, carried
  CREATE (source)-[edge:CARRIED]->(target)
  SET edge = carried.edge
}
RETURN head.index AS index
