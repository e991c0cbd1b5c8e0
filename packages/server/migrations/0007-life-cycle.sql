-- jobs/
-- Who is at work. A job that is held names its worker, so that one statement keeps all of them.
CREATE TABLE workers (
  id text PRIMARY KEY,
  alive_until bigint NOT NULL
);
UPDATE jobs SET lease = NULL;
ALTER TABLE jobs ADD COLUMN worker text;
DROP INDEX jobs_by_time;
CREATE INDEX jobs_by_time ON jobs (run_at) WHERE lease IS NULL;
CREATE INDEX jobs_by_worker ON jobs (worker) WHERE worker IS NOT NULL;

-- generations/
-- An attempt begins when it is about to be sent; what was only planned was never sent.
DELETE FROM attempts WHERE state = 'planned';
ALTER TABLE attempts DROP COLUMN route;
ALTER TABLE attempts DROP COLUMN error;
ALTER TABLE attempts DROP COLUMN poll_errors;
ALTER TABLE attempts ADD COLUMN credential text;
ALTER TABLE attempts ADD COLUMN failure text;
-- A result that has arrived: what it cost, and where its files are or can be fetched.
ALTER TABLE attempts ADD COLUMN delivery text;
-- A failed generation whose bill is not known keeps its hold until then at the latest.
ALTER TABLE generations ADD COLUMN reconcile_until bigint;
UPDATE generations SET reconcile_until = ended_at + 86400000
  WHERE status = 'failed' AND id IN (SELECT id FROM jobs);
CREATE INDEX generations_reconciling ON generations (reconcile_until)
  WHERE reconcile_until IS NOT NULL;
