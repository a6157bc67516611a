-- SPDX-License-Identifier: MIT
-- Snapshots of sessions in chunks, and how far the pods of runs are.

-- Nothing ever wrote these: a snapshot is a manifest and its chunks.
ALTER TABLE agent_sessions DROP COLUMN snapshot, DROP COLUMN snapshot_sha256;

ALTER TABLE agent_sessions
    ADD COLUMN attempt integer CHECK (attempt > 0),
    ADD COLUMN pod_created_at timestamptz,
    ADD COLUMN sequence bigint CHECK (sequence >= 0),
    ADD COLUMN manifest jsonb CHECK (jsonb_typeof(manifest) = 'object'),
    ADD COLUMN session_bytes bigint CHECK (session_bytes >= 0),
    ADD COLUMN saved_at timestamptz,
    ADD CHECK (
        (manifest IS NULL) = (attempt IS NULL) AND (manifest IS NULL) = (pod_created_at IS NULL)
        AND (manifest IS NULL) = (sequence IS NULL) AND (manifest IS NULL) = (session_bytes IS NULL)
        AND (manifest IS NULL) = (saved_at IS NULL));
COMMENT ON COLUMN agent_sessions.attempt IS 'The attempt of the run whose pod saved the session last.';
COMMENT ON COLUMN agent_sessions.pod_created_at IS 'When that pod was made: of two pods of an attempt the later is right.';
COMMENT ON COLUMN agent_sessions.sequence IS 'Grows with each snapshot; an older one never takes the place of a newer.';
COMMENT ON COLUMN agent_sessions.manifest IS 'The files of the last snapshot and their chunks; null until there is one.';
COMMENT ON COLUMN agent_sessions.session_bytes IS 'Bytes of the files of the last snapshot, before compression.';
CREATE INDEX agent_sessions_used ON agent_sessions (updated_at);

CREATE TABLE session_chunks (
    session_id text NOT NULL REFERENCES agent_sessions (session_id) ON DELETE CASCADE,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    raw_bytes integer NOT NULL CHECK (raw_bytes BETWEEN 1 AND 1048576),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 1114112),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, sha256)
);
COMMENT ON TABLE session_chunks IS 'Pieces of sessions'' files, named by the digest of their bytes before compression.';
COMMENT ON COLUMN session_chunks.content IS 'The bytes as a zlib stream.';
-- Already packed: compressing again would only take time.
ALTER TABLE session_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE run_progress (
    run_uid text NOT NULL REFERENCES agent_runs (run_uid),
    attempt integer NOT NULL CHECK (attempt > 0),
    report jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object' AND octet_length(report::text) <= 16384),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_uid, attempt)
);
COMMENT ON TABLE run_progress IS 'The last report of each attempt''s pod.';
COMMENT ON COLUMN run_progress.heartbeat_at IS 'When the pod said so: its last sign of life.';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codexk8s_service') THEN
        RETURN;
    END IF;
    GRANT SELECT, INSERT, DELETE ON session_chunks TO codexk8s_service;
    GRANT SELECT, INSERT, UPDATE ON run_progress TO codexk8s_service;
END
$$;
