// A run has its intent, its flow, an input and an output step, and every value it carried has its content id.
// Parameters: none. Rows: those that break it.
MATCH (run:Run)
WHERE COUNT { (:LogLine {cid: run.intent})-[:CAUSED]->(run) } <> 1
  OR COUNT { (run)-[:EXECUTES]->(:Flow {id: run.flow}) } <> 1
  OR COUNT { (run)-[:HAS_STEP]->(:Step {name: 'input'}) } <> 1
  OR COUNT { (run)-[:HAS_STEP]->(:Step {name: 'output'}) } <> 1
  OR EXISTS { MATCH (run)-[:HAS_STEP]->(:Step)-[edge:CARRIED]->(:Step) WHERE edge.cid IS NULL OR edge.value IS NULL }
RETURN run.id AS run
