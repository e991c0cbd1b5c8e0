-- Instants are bigint milliseconds, money is bigint micro-dollars, JSON is text.
-- The folder that owns each table is named above it; only its files name the table in SQL.

-- workspaces/
CREATE TABLE workspaces (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  image_rpm bigint NOT NULL,
  video_rpm bigint NOT NULL,
  concurrency bigint NOT NULL,
  created_at bigint NOT NULL
);
CREATE TABLE api_keys (
  id text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  name text NOT NULL,
  mode text NOT NULL,
  hash text NOT NULL UNIQUE,
  hint text NOT NULL,
  created_at bigint NOT NULL,
  revoked_at bigint
);

-- admission/
CREATE TABLE rate_windows (
  workspace_id text NOT NULL,
  mode text NOT NULL,
  kind text NOT NULL,
  started_at bigint NOT NULL,
  used bigint NOT NULL,
  PRIMARY KEY (workspace_id, mode, kind)
);
CREATE TABLE in_flight (
  workspace_id text NOT NULL,
  mode text NOT NULL,
  running bigint NOT NULL,
  PRIMARY KEY (workspace_id, mode)
);
CREATE TABLE idempotency_keys (
  workspace_id text NOT NULL,
  mode text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  generation_id text NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (workspace_id, mode, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- ledger/
CREATE TABLE accounts (
  workspace_id text PRIMARY KEY REFERENCES workspaces (id),
  balance_micros bigint NOT NULL,
  held_micros bigint NOT NULL
);
CREATE TABLE ledger_entries (
  id text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  generation_id text,
  kind text NOT NULL,
  amount_micros bigint NOT NULL,
  note text NOT NULL,
  created_at bigint NOT NULL,
  UNIQUE (generation_id, kind)
);
CREATE INDEX ledger_entries_by_workspace ON ledger_entries (workspace_id, created_at);

-- generations/
CREATE TABLE generations (
  id text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  key_id text NOT NULL,
  mode text NOT NULL,
  type text NOT NULL,
  model text NOT NULL,
  input text NOT NULL,
  status text NOT NULL,
  checked_at bigint,
  cancel_requested_at bigint,
  unit_price_micros bigint NOT NULL,
  quantity bigint NOT NULL,
  cost_micros bigint NOT NULL,
  idempotency_key text,
  request_id text NOT NULL,
  progress double precision,
  queue_position bigint,
  failure text,
  upstream_billed text NOT NULL,
  deadline_at bigint NOT NULL,
  created_at bigint NOT NULL,
  ended_at bigint
);
CREATE INDEX generations_by_workspace ON generations (workspace_id, mode, id);
CREATE TABLE attempts (
  id text PRIMARY KEY,
  generation_id text NOT NULL REFERENCES generations (id),
  number bigint NOT NULL,
  route bigint NOT NULL,
  upstream text NOT NULL,
  upstream_model text NOT NULL,
  state text NOT NULL,
  ref text,
  error text,
  billed text NOT NULL,
  poll_errors bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  UNIQUE (generation_id, number)
);
CREATE TABLE jobs (
  id text PRIMARY KEY,
  kind text NOT NULL,
  run_at bigint NOT NULL,
  lease text
);
CREATE INDEX jobs_by_time ON jobs (run_at);

-- media/
CREATE TABLE outputs (
  generation_id text NOT NULL,
  position bigint NOT NULL,
  storage_key text NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  mime_type text NOT NULL,
  width bigint NOT NULL,
  height bigint NOT NULL,
  duration_ms bigint,
  fps double precision,
  has_sound bigint,
  deletes_at bigint NOT NULL,
  deleted_at bigint,
  PRIMARY KEY (generation_id, position)
);
CREATE INDEX outputs_by_deletion ON outputs (deletes_at);

-- sandbox/
CREATE TABLE sandbox_jobs (
  id text PRIMARY KEY,
  generation_id text NOT NULL,
  spec text NOT NULL,
  submitted_at bigint NOT NULL,
  cancelled_at bigint
);
CREATE TABLE sandbox_rehearsals (
  id text PRIMARY KEY,
  happened bigint NOT NULL
);
