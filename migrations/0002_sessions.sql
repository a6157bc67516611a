-- SPDX-License-Identifier: MIT
-- Sessions of agents, so that a later run can go on where an earlier one stopped, and what they used.

CREATE TABLE agent_sessions (
    session_id text PRIMARY KEY CHECK (length(session_id) BETWEEN 1 AND 128),
    run_uid text NOT NULL REFERENCES agent_runs (run_uid),
    repository_id bigint NOT NULL CHECK (repository_id >= 0),
    issue integer NOT NULL CHECK (issue > 0),
    agent text NOT NULL CHECK (length(agent) BETWEEN 1 AND 64),
    branch text NOT NULL CHECK (length(branch) BETWEEN 1 AND 256),
    pull_request integer CHECK (pull_request > 0),
    model text CHECK (length(model) <= 128),
    reasoning_effort text CHECK (length(reasoning_effort) <= 64),
    template_source text CHECK (length(template_source) <= 256),
    template_version text CHECK (length(template_version) <= 64),
    template_hash text CHECK (template_hash ~ '^[0-9a-f]{64}$'),
    template_locale text CHECK (template_locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    snapshot bytea CHECK (octet_length(snapshot) <= 67108864),
    snapshot_sha256 bytea CHECK (octet_length(snapshot_sha256) = 32),
    wait_state text CHECK (wait_state IN ('WaitingMCP', 'WaitingOwnerReview', 'WaitingRateLimit')),
    wait_since timestamptz,
    heartbeat_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((snapshot IS NULL) = (snapshot_sha256 IS NULL)),
    CHECK ((wait_state IS NULL) = (wait_since IS NULL))
);
COMMENT ON TABLE agent_sessions IS 'The last state of each session of an agent.';
COMMENT ON COLUMN agent_sessions.run_uid IS 'The run that used the session last.';
COMMENT ON COLUMN agent_sessions.snapshot IS 'The session''s files, packed; null until the first snapshot.';
CREATE INDEX agent_sessions_issue ON agent_sessions (repository_id, issue, agent, updated_at DESC);
CREATE INDEX agent_sessions_run ON agent_sessions (run_uid);
-- Already packed: compressing again would only take time.
ALTER TABLE agent_sessions ALTER COLUMN snapshot SET STORAGE EXTERNAL;

CREATE TABLE token_usage (
    id uuid PRIMARY KEY,
    run_uid text NOT NULL REFERENCES agent_runs (run_uid),
    attempt integer NOT NULL CHECK (attempt > 0),
    session_id text NOT NULL CHECK (length(session_id) <= 128),
    model text NOT NULL CHECK (length(model) <= 128),
    input_tokens bigint NOT NULL CHECK (input_tokens >= 0),
    cached_input_tokens bigint NOT NULL CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
    output_tokens bigint NOT NULL CHECK (output_tokens >= 0),
    reasoning_tokens bigint NOT NULL CHECK (reasoning_tokens >= 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE token_usage IS 'What sessions used, by model. Rows are never changed or removed.';
COMMENT ON COLUMN token_usage.id IS 'Made of run, attempt, session, model and turn: reporting twice is reporting once.';
CREATE INDEX token_usage_run ON token_usage (run_uid);
CREATE INDEX token_usage_time ON token_usage (created_at, model);
CREATE TRIGGER token_usage_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON token_usage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE token_usage ENABLE ALWAYS TRIGGER token_usage_append_only;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codexk8s_service') THEN
        RETURN;
    END IF;
    -- DELETE: snapshots are personal and have an end.
    GRANT SELECT, INSERT, UPDATE, DELETE ON agent_sessions TO codexk8s_service;
    GRANT SELECT ON token_usage TO codexk8s_service;
    GRANT INSERT (id, run_uid, attempt, session_id, model, input_tokens, cached_input_tokens, output_tokens,
        reasoning_tokens) ON token_usage TO codexk8s_service;
END
$$;
