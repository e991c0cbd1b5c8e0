-- media/
-- Images that came inside a request, from its acceptance until they have been checked. The file
-- holds the data: URL as it came. Rows that are not accepted belong to requests in progress.
CREATE TABLE inline_images (
  generation_id text NOT NULL,
  position bigint NOT NULL,
  storage_key text NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  accepted bigint NOT NULL,
  deletes_at bigint NOT NULL,
  PRIMARY KEY (generation_id, position)
);
CREATE INDEX inline_images_by_deletion ON inline_images (deletes_at);
