// Appends entries to the chain and, in the same transaction, what they say of intents, consents, effects, runs.
// The head is locked first (setting what it has takes the lock and changes nothing), then compared and
// swapped: no row comes back when somebody else was first. What does not find all it belongs to divides
// by zero, and nothing of the transaction takes hold.
// Parameters: ledger; expected_hash (the head that the entries were built on); last (map index, hash,
//   recorded_at of the last new entry); batch (map entries, loglines, answers, endings, progress, runs, conducts: lists of
//   maps; as members of one map their lengths are no part of the plan's key, so one plan serves all batches).
// Rows: index of the last entry; none if the head has moved.
MATCH (head:LedgerHead {ledger: $ledger})
SET head.lock = 0
WITH head
WHERE head.hash = $expected_hash
SET head.index = $last.index, head.hash = $last.hash, head.recorded_at = $last.recorded_at
WITH head
CALL () {
  UNWIND $batch.entries AS row
  CREATE (entry:LedgerEntry)
  SET entry = row
  WITH entry, row
  MATCH (previous:LedgerEntry {hash: row.prev_hash})
  CREATE (previous)-[:NEXT {ledger_index: row.index}]->(entry)
  RETURN count(*) AS linked
}
CALL () {
  UNWIND $batch.loglines AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (who:Principal {did: row.line.who})
  CREATE (line:LogLine:Pending)
  SET line = row.line
  CREATE (entry)-[:RECORDS {ledger_index: row.line.ledger_index}]->(line)
  CREATE (who)-[:SUBMITTED {ledger_index: row.line.ledger_index}]->(line)
  RETURN count(*) AS recorded
}
CALL () {
  UNWIND $batch.answers AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (line:LogLine:Pending {cid: row.intent})
  MATCH (by:Principal {did: row.answer.by})
  CREATE (entry)-[:RECORDS {ledger_index: row.answer.ledger_index}]->(line)
  CREATE (by)-[answer:ANSWERED]->(line)
  SET answer = row.answer
  SET line += row.settles
  RETURN count(*) AS answered
}
CALL () {
  UNWIND $batch.progress AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (line:LogLine:Pending {cid: row.intent})
  SET line += row.changes
  CREATE (entry)-[:RECORDS {ledger_index: entry.index}]->(line)
  RETURN count(*) AS told
}
CALL () {
  UNWIND $batch.endings AS row
  MATCH (entry:LedgerEntry {hash: row.entry})
  MATCH (line:LogLine:Pending {cid: row.intent})
  REMOVE line:Pending
  SET line += row.ending
  CREATE (entry)-[:RECORDS {ledger_index: row.ending.ended_index}]->(line)
  RETURN count(*) AS ended
}
CALL () {
  UNWIND $batch.runs AS row
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
    WITH run, step WHERE step.status <> 'not_taken'
    MATCH (node:Node {id: step.node})
    CREATE (step)-[:RAN {ledger_index: run.ledger_index}]->(node)
    RETURN count(*) AS ran
  }
  CALL (row, steps) {
    UNWIND row.carried AS carried
    WITH steps[carried.source] AS source, steps[carried.target] AS target, carried
    CREATE (source)-[edge:CARRIED]->(target)
    SET edge = carried.edge
  }
  WITH row, ran
  WHERE ran = size([step IN row.steps WHERE step.node IS NOT NULL AND step.status <> 'not_taken'])
  RETURN count(*) AS ran_whole
}
CALL () {
  UNWIND $batch.conducts AS row
  MATCH (who:Principal {did: row.who})
  MERGE (conduct:Conduct {id: row.id})
  SET conduct = row
  MERGE (conduct)-[by:BY]->(who)
  ON CREATE SET by.ledger_index = row.begun_index
  RETURN count(*) AS conducted
}
RETURN head.index AS index,
  1 / CASE WHEN linked = size($batch.entries) AND recorded = size($batch.loglines) AND answered = size($batch.answers)
    AND ended = size($batch.endings) AND told = size($batch.progress) AND ran_whole = size($batch.runs)
    AND conducted = size($batch.conducts) THEN 1 ELSE 0 END AS whole
