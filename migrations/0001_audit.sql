-- SPDX-License-Identifier: MIT
-- The audit: what happened, append-only; the history of runs; what belongs to what.

CREATE TABLE flow_events (
    id             uuid        PRIMARY KEY,
    seq            bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    correlation_id text        NOT NULL CHECK (length(correlation_id) BETWEEN 1 AND 200),
    run_uid        text        NOT NULL CHECK (length(run_uid) BETWEEN 1 AND 64),
    attempt        integer     NOT NULL CHECK (attempt >= 1),
    actor_type     text        NOT NULL CHECK (actor_type IN ('human', 'agent', 'system')),
    actor_id       text        NOT NULL CHECK (length(actor_id) BETWEEN 1 AND 253),
    event_type     text        NOT NULL CHECK (length(event_type) BETWEEN 1 AND 100),
    event_key      text        NOT NULL DEFAULT '' CHECK (length(event_key) <= 300),
    payload        jsonb       NOT NULL DEFAULT '{}' CHECK (octet_length(payload::text) <= 65536),
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE flow_events IS 'Append-only record of facts. The id is a UUIDv5 of run, attempt, type and key: a fact is there once.';
CREATE INDEX flow_events_correlation ON flow_events (correlation_id, seq);
CREATE INDEX flow_events_run ON flow_events (run_uid, seq);
CREATE INDEX flow_events_type ON flow_events (event_type, created_at);

CREATE FUNCTION flow_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'flow_events is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER flow_events_no_change BEFORE UPDATE OR DELETE ON flow_events
    FOR EACH ROW EXECUTE FUNCTION flow_events_are_append_only();
CREATE TRIGGER flow_events_no_truncate BEFORE TRUNCATE ON flow_events
    FOR EACH STATEMENT EXECUTE FUNCTION flow_events_are_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON flow_events FROM PUBLIC;

CREATE TABLE flow_event_seals (
    event_id  uuid        PRIMARY KEY REFERENCES flow_events (id),
    seq       bigint      NOT NULL UNIQUE CHECK (seq >= 1),
    prev_hash bytea       NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE flow_event_seals IS 'The chain over flow_events. Reserved: nothing is sealed yet.';

CREATE TABLE agent_runs (
    run_uid          text        PRIMARY KEY CHECK (length(run_uid) BETWEEN 1 AND 64),
    name             text        NOT NULL,
    namespace        text        NOT NULL,
    correlation_id   text        NOT NULL,
    repository_id    bigint      NOT NULL,
    repository       text        NOT NULL,
    issue            integer     NOT NULL CHECK (issue >= 1),
    kind             text        NOT NULL,
    revise           boolean     NOT NULL,
    agent            text        NOT NULL,
    label_event_id   bigint,
    review_id        bigint,
    pull_request     integer,
    branch           text,
    phase            text        NOT NULL,
    reason           text,
    model            text,
    reasoning_effort text,
    session_id       text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE agent_runs IS 'One row a run: the history that outlives the custom resource.';
-- Two runs that want one labelling: the index decides.
CREATE UNIQUE INDEX agent_runs_label_event ON agent_runs (repository_id, label_event_id) WHERE label_event_id IS NOT NULL;
CREATE INDEX agent_runs_issue ON agent_runs (repository_id, issue, created_at DESC);

CREATE TABLE agent_sessions (
    run_uid          text        PRIMARY KEY REFERENCES agent_runs (run_uid),
    session_id       text        NOT NULL,
    snapshot         bytea,
    snapshot_sha256  bytea       CHECK (snapshot_sha256 IS NULL OR octet_length(snapshot_sha256) = 32),
    branch           text,
    pull_request     integer,
    model            text,
    reasoning_effort text,
    template         jsonb,
    wait_state       text,
    heartbeat_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE token_usage (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_uid          text        NOT NULL REFERENCES agent_runs (run_uid),
    session_id       text        NOT NULL,
    model            text        NOT NULL,
    input_tokens     bigint      NOT NULL CHECK (input_tokens >= 0),
    cached_tokens    bigint      NOT NULL CHECK (cached_tokens >= 0),
    output_tokens    bigint      NOT NULL CHECK (output_tokens >= 0),
    reasoning_tokens bigint      NOT NULL CHECK (reasoning_tokens >= 0),
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX token_usage_run ON token_usage (run_uid);

CREATE TABLE links (
    run_uid    text        NOT NULL,
    from_kind  text        NOT NULL CHECK (from_kind IN ('issue', 'run', 'namespace', 'job', 'branch', 'pull_request', 'approval')),
    from_id    text        NOT NULL,
    to_kind    text        NOT NULL CHECK (to_kind IN ('issue', 'run', 'namespace', 'job', 'branch', 'pull_request', 'approval')),
    to_id      text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_uid, from_kind, from_id, to_kind, to_id)
);
CREATE INDEX links_to ON links (to_kind, to_id);

CREATE TABLE once_claims (
    key        text        PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 300),
    run_uid    text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE once_claims IS 'What may happen once, such as one refusal comment an issue a day.';

CREATE TABLE action_requests (
    id             uuid        PRIMARY KEY,
    run_uid        text        NOT NULL,
    tool           text        NOT NULL,
    arguments_hash bytea       NOT NULL CHECK (octet_length(arguments_hash) = 32),
    state          text        NOT NULL CHECK (state IN ('requested', 'approved', 'denied', 'expired', 'failed', 'applied')),
    requested_by   text        NOT NULL,
    decided_by     text,
    reason         text,
    payload        jsonb       NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX action_requests_signature ON action_requests (run_uid, tool, arguments_hash);

CREATE TABLE prompt_templates (
    scope      text        NOT NULL,
    agent      text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('work', 'revise')),
    locale     text        NOT NULL,
    version    integer     NOT NULL CHECK (version >= 1),
    body       text        NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (scope, agent, kind, locale, version)
);

CREATE TABLE project_databases (
    name          text        PRIMARY KEY,
    repository_id bigint      NOT NULL,
    environment   text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
