-- generations/
-- For the sweep of what ended long ago.
CREATE INDEX generations_by_end ON generations (ended_at)
  WHERE ended_at IS NOT NULL AND reconcile_until IS NULL;
