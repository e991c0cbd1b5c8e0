-- media/
CREATE TABLE reference_images (
  generation_id text NOT NULL,
  position bigint NOT NULL,
  role text NOT NULL,
  storage_key text NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  mime_type text NOT NULL,
  width bigint NOT NULL,
  height bigint NOT NULL,
  deletes_at bigint NOT NULL,
  deleted_at bigint,
  PRIMARY KEY (generation_id, position)
);
CREATE INDEX reference_images_by_deletion ON reference_images (deletes_at);

-- admission/
CREATE TABLE safety_policies (
  workspace_id text PRIMARY KEY REFERENCES workspaces (id),
  policy text NOT NULL
);
CREATE TABLE safety_verdicts (
  id text PRIMARY KEY,
  generation_id text NOT NULL,
  stage text NOT NULL,
  check_name text NOT NULL,
  category text NOT NULL,
  score double precision NOT NULL,
  rule text,
  refused bigint NOT NULL,
  image_index bigint,
  created_at bigint NOT NULL
);
CREATE INDEX safety_verdicts_by_generation ON safety_verdicts (generation_id);
