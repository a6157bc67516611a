-- SPDX-License-Identifier: MIT
-- The audit: what happened (flow_events), the runs that it is about, and how they hang together.

-- The rights of the running service. Sign in as a member of this role, not as the owner of the tables: the owner
-- could take the triggers off. Roles belong to the whole server, so another database may have made it already.
DO $$
BEGIN
    CREATE ROLE codexk8s_service NOLOGIN;
    COMMENT ON ROLE codexk8s_service IS 'What the codex-k8s controller may do; grant it to the login it uses.';
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'role codexk8s_service may not be made: the service works with the rights of its login';
END
$$;

-- Refuses changes of what was written once.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the table is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Makes a table append-only.';

CREATE TABLE flow_events (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    correlation_id text NOT NULL CHECK (length(correlation_id) BETWEEN 1 AND 256),
    run_uid text NOT NULL CHECK (length(run_uid) BETWEEN 1 AND 256),
    attempt integer NOT NULL CHECK (attempt >= 0),
    actor_type text NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    actor_id text NOT NULL CHECK (length(actor_id) BETWEEN 1 AND 256),
    event_type text NOT NULL CHECK (event_type ~ '^[a-z][a-z0-9_.]{0,127}$'),
    key text NOT NULL DEFAULT '' CHECK (length(key) <= 1024),
    payload jsonb NOT NULL DEFAULT '{}'
        CHECK (jsonb_typeof(payload) = 'object' AND octet_length(payload::text) <= 131072),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE flow_events IS 'Facts, in the order of their arrival. Rows are never changed or removed.';
COMMENT ON COLUMN flow_events.id IS
    'UUIDv5 of run, attempt, type and key: recording a fact twice is recording it once.';
COMMENT ON COLUMN flow_events.position IS 'Grows with each row; gaps mean nothing.';
COMMENT ON COLUMN flow_events.correlation_id IS 'Joins everything that one cause led to.';
COMMENT ON COLUMN flow_events.run_uid IS
    'The run''s uid, or that of the place for facts about a place that no run holds.';
COMMENT ON COLUMN flow_events.key IS 'Tells facts of one type of one attempt apart.';
COMMENT ON COLUMN flow_events.payload IS 'Particulars, without secrets.';
CREATE UNIQUE INDEX flow_events_position ON flow_events (position);
CREATE INDEX flow_events_run ON flow_events (run_uid, position);
CREATE INDEX flow_events_correlation ON flow_events (correlation_id, position);
CREATE INDEX flow_events_type ON flow_events (event_type, created_at);
CREATE TRIGGER flow_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON flow_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Also for sessions that replay changes, where ordinary triggers sleep.
ALTER TABLE flow_events ENABLE ALWAYS TRIGGER flow_events_append_only;

CREATE TABLE flow_event_seals (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    event_id uuid NOT NULL UNIQUE REFERENCES flow_events (id),
    prev_hash bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE flow_event_seals IS 'The chain over flow_events: each hash covers an event and the hash before it.';
COMMENT ON COLUMN flow_event_seals.seq IS 'The place in the chain, from 1, without gaps.';
CREATE TRIGGER flow_event_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON flow_event_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE flow_event_seals ENABLE ALWAYS TRIGGER flow_event_seals_append_only;

CREATE TABLE agent_runs (
    run_uid text PRIMARY KEY CHECK (length(run_uid) BETWEEN 1 AND 256),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 253),
    namespace text NOT NULL CHECK (length(namespace) <= 63),
    correlation_id text NOT NULL CHECK (length(correlation_id) <= 256),
    repository_id bigint NOT NULL CHECK (repository_id >= 0),
    repository text NOT NULL CHECK (length(repository) BETWEEN 1 AND 256),
    issue integer NOT NULL CHECK (issue > 0),
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    revise boolean NOT NULL,
    agent text NOT NULL CHECK (length(agent) <= 64),
    label_event_id bigint CHECK (label_event_id > 0),
    review_id bigint CHECK (review_id > 0),
    pull_request integer CHECK (pull_request > 0),
    branch text CHECK (length(branch) <= 256),
    phase text NOT NULL CHECK (length(phase) BETWEEN 1 AND 64),
    reason text CHECK (length(reason) <= 128),
    model text CHECK (length(model) <= 128),
    reasoning_effort text CHECK (length(reasoning_effort) <= 64),
    session_id text CHECK (length(session_id) <= 128),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE agent_runs IS 'One row a run: the history that outlives the custom resource.';
COMMENT ON COLUMN agent_runs.repository_id IS 'The code host''s number of the repository; 0 where it was never known.';
COMMENT ON COLUMN agent_runs.label_event_id IS 'The labelling that this run answers. No other run can have it.';
CREATE UNIQUE INDEX agent_runs_label_event ON agent_runs (repository_id, label_event_id)
    WHERE label_event_id IS NOT NULL;
COMMENT ON INDEX agent_runs_label_event IS 'Decides between two runs that want the same labelling.';
CREATE INDEX agent_runs_issue ON agent_runs (repository_id, issue, created_at DESC);
CREATE INDEX agent_runs_issue_number ON agent_runs (issue, created_at);

CREATE TABLE links (
    run_uid text NOT NULL CHECK (length(run_uid) BETWEEN 1 AND 256),
    from_kind text NOT NULL CHECK (from_kind ~ '^[a-z_]{1,32}$'),
    from_id text NOT NULL CHECK (length(from_id) <= 512),
    to_kind text NOT NULL CHECK (to_kind ~ '^[a-z_]{1,32}$'),
    to_id text NOT NULL CHECK (length(to_id) <= 512),
    position bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_uid, from_kind, from_id, to_kind, to_id)
);
COMMENT ON TABLE links IS 'What belongs together: issue, run, namespace, job, branch, pull request, approval.';
CREATE INDEX links_from ON links (from_kind, from_id);
CREATE INDEX links_to ON links (to_kind, to_id);

CREATE TABLE once_claims (
    key text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 512),
    run_uid text NOT NULL CHECK (length(run_uid) BETWEEN 1 AND 256),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE once_claims IS
    'Things that may happen once, such as a refusal''s comment an issue a day, and the run that has the place.';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codexk8s_service') THEN
        RETURN;
    END IF;
    -- Neither the order nor the time of a fact is the writer's to choose.
    GRANT SELECT ON flow_events TO codexk8s_service;
    GRANT INSERT (id, correlation_id, run_uid, attempt, actor_type, actor_id, event_type, key, payload)
        ON flow_events TO codexk8s_service;
    GRANT SELECT, INSERT ON flow_event_seals TO codexk8s_service;
    GRANT SELECT, INSERT, UPDATE ON agent_runs TO codexk8s_service;
    GRANT SELECT, INSERT ON links, once_claims TO codexk8s_service;
    GRANT SELECT ON schema_migrations TO codexk8s_service;
END
$$;
