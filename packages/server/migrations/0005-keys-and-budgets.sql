-- workspaces/
ALTER TABLE api_keys ADD COLUMN scopes text NOT NULL DEFAULT 'generate,read';
ALTER TABLE api_keys ADD COLUMN expires_at bigint;
ALTER TABLE api_keys ADD COLUMN last_used_at bigint;

-- ledger/
-- The owner of a budget, and of what counts against it, is a workspace or a key.
CREATE TABLE budgets (
  owner_id text PRIMARY KEY,
  day_micros bigint,
  month_micros bigint
);
-- By the UTC day on which generations were accepted; `day` is its first millisecond.
CREATE TABLE spending (
  owner_id text NOT NULL,
  day bigint NOT NULL,
  held_micros bigint NOT NULL,
  spent_micros bigint NOT NULL,
  PRIMARY KEY (owner_id, day)
);
ALTER TABLE ledger_entries ADD COLUMN key_id text;
UPDATE ledger_entries SET
  key_id = (SELECT key_id FROM generations WHERE id = ledger_entries.generation_id)
  WHERE kind = 'hold';
INSERT INTO spending (owner_id, day, held_micros, spent_micros)
  WITH charges AS (
    SELECT holds.workspace_id, holds.key_id, holds.created_at / 86400000 * 86400000 AS day,
      CASE WHEN ends.kind IS NULL THEN holds.amount_micros ELSE 0 END AS held,
      CASE WHEN ends.kind = 'capture' THEN holds.amount_micros ELSE 0 END AS spent
    FROM ledger_entries AS holds LEFT JOIN ledger_entries AS ends
      ON ends.generation_id = holds.generation_id AND ends.kind IN ('capture', 'release')
    WHERE holds.kind = 'hold' AND holds.key_id IS NOT NULL
  )
  SELECT workspace_id, day, CAST(sum(held) AS bigint), CAST(sum(spent) AS bigint)
    FROM charges GROUP BY workspace_id, day
  UNION ALL
  SELECT key_id, day, CAST(sum(held) AS bigint), CAST(sum(spent) AS bigint)
    FROM charges GROUP BY key_id, day;
