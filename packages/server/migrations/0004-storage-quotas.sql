-- media/
-- What each workspace keeps, by mode: the sum of `bytes` of its rows below that are not deleted.
CREATE TABLE storage_usage (
  workspace_id text NOT NULL,
  mode text NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (workspace_id, mode)
);
ALTER TABLE outputs ADD COLUMN workspace_id text NOT NULL DEFAULT '';
ALTER TABLE outputs ADD COLUMN mode text NOT NULL DEFAULT '';
UPDATE outputs SET
  workspace_id = (SELECT workspace_id FROM generations WHERE id = generation_id),
  mode = (SELECT mode FROM generations WHERE id = generation_id);
ALTER TABLE reference_images ADD COLUMN workspace_id text NOT NULL DEFAULT '';
ALTER TABLE reference_images ADD COLUMN mode text NOT NULL DEFAULT '';
UPDATE reference_images SET
  workspace_id = (SELECT workspace_id FROM generations WHERE id = generation_id),
  mode = (SELECT mode FROM generations WHERE id = generation_id);
INSERT INTO storage_usage (workspace_id, mode, bytes)
  SELECT workspace_id, mode, CAST(sum(bytes) AS bigint) FROM (
    SELECT workspace_id, mode, bytes FROM outputs WHERE deleted_at IS NULL
    UNION ALL
    SELECT workspace_id, mode, bytes FROM reference_images WHERE deleted_at IS NULL
  ) AS kept GROUP BY workspace_id, mode;
-- Whoever deletes files, or asks for the oldest, passes over those that are long gone.
DROP INDEX outputs_by_deletion;
CREATE INDEX outputs_by_deletion ON outputs (deletes_at) WHERE deleted_at IS NULL;
CREATE INDEX outputs_by_owner ON outputs (workspace_id, mode, deletes_at) WHERE deleted_at IS NULL;
DROP INDEX reference_images_by_deletion;
CREATE INDEX reference_images_by_deletion ON reference_images (deletes_at) WHERE deleted_at IS NULL;
CREATE INDEX reference_images_by_owner ON reference_images (workspace_id, mode, deletes_at)
  WHERE deleted_at IS NULL;

-- workspaces/
ALTER TABLE workspaces ADD COLUMN storage_bytes bigint NOT NULL DEFAULT 100000000000;
ALTER TABLE workspaces ADD COLUMN test_storage_bytes bigint NOT NULL DEFAULT 1000000000;
