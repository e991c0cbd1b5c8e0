-- sandbox/
-- How often rehearsed failures have happened. Prompts belong to their workspace, faults of the
-- upstream to their generation. Until now rows belonged to nothing and none ever went, so they are
-- not taken over: what is being rehearsed meanwhile is counted anew.
DROP TABLE sandbox_rehearsals;
CREATE TABLE sandbox_rehearsals (
  owner_id text NOT NULL,
  occasion text NOT NULL,
  number bigint NOT NULL,
  happened bigint NOT NULL,
  first_at bigint NOT NULL,
  PRIMARY KEY (owner_id, occasion)
);
CREATE INDEX sandbox_rehearsals_by_number ON sandbox_rehearsals (owner_id, number);
CREATE INDEX sandbox_rehearsals_by_time ON sandbox_rehearsals (first_at);
ALTER TABLE sandbox_jobs ADD COLUMN failed_polls bigint NOT NULL DEFAULT 0;
CREATE INDEX sandbox_jobs_by_time ON sandbox_jobs (submitted_at);

-- generations/
CREATE INDEX generations_by_status ON generations (workspace_id, mode, status, type, id);

-- ledger/
-- Holds all that a sum of charges needs.
DROP INDEX ledger_entries_by_workspace;
CREATE INDEX ledger_entries_by_kind
  ON ledger_entries (workspace_id, kind, created_at, amount_micros);
