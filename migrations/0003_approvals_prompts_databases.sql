-- SPDX-License-Identifier: MIT
-- What people decide: approvals, prompts that override the built-in ones, and the databases that projects own.

CREATE TABLE action_requests (
    request_uid text PRIMARY KEY CHECK (length(request_uid) BETWEEN 1 AND 256),
    run_uid text NOT NULL REFERENCES agent_runs (run_uid),
    tool text NOT NULL CHECK (length(tool) BETWEEN 1 AND 128),
    arguments_sha256 bytea NOT NULL CHECK (octet_length(arguments_sha256) = 32),
    summary text NOT NULL CHECK (length(summary) <= 1024),
    state text NOT NULL CHECK (state IN ('Requested', 'Approved', 'Denied', 'Expired', 'Failed', 'Applied')),
    requested_by text NOT NULL CHECK (length(requested_by) BETWEEN 1 AND 256),
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > requested_at),
    decided_by text CHECK (length(decided_by) BETWEEN 1 AND 256),
    decided_at timestamptz,
    reason text CHECK (length(reason) <= 4096),
    applied_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state NOT IN ('Approved', 'Denied', 'Applied') OR decided_by IS NOT NULL),
    CHECK ((state = 'Applied') = (applied_at IS NOT NULL)),
    -- Nobody approves what they asked for themselves.
    CHECK (state NOT IN ('Approved', 'Applied') OR decided_by <> requested_by)
);
COMMENT ON TABLE action_requests IS 'The history of approvals; the custom resource is the authority while it lives.';
COMMENT ON COLUMN action_requests.arguments_sha256 IS
    'Of the exact arguments in canonical form: an approval is for these alone.';
CREATE INDEX action_requests_run ON action_requests (run_uid);
CREATE INDEX action_requests_open ON action_requests (expires_at) WHERE state = 'Requested';

CREATE TABLE prompt_templates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repository_id bigint CHECK (repository_id > 0),
    agent text NOT NULL CHECK (agent ~ '^[a-z0-9-]{1,16}$'),
    kind text NOT NULL CHECK (kind IN ('work', 'revise')),
    locale text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    version integer NOT NULL CHECK (version > 0),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 262144),
    body_sha256 bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
    is_active boolean NOT NULL DEFAULT false,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 256),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE prompt_templates IS 'Templates that take the place of a repository''s seed or of the built-in one.';
COMMENT ON COLUMN prompt_templates.repository_id IS 'Null for a template that holds for all repositories.';
CREATE UNIQUE INDEX prompt_templates_version
    ON prompt_templates (coalesce(repository_id, 0), agent, kind, locale, version);
CREATE UNIQUE INDEX prompt_templates_active
    ON prompt_templates (coalesce(repository_id, 0), agent, kind, locale) WHERE is_active;
COMMENT ON INDEX prompt_templates_active IS 'At most one version of a template is in use.';

CREATE TABLE project_databases (
    environment text NOT NULL CHECK (environment ~ '^[a-z0-9-]{1,63}$'),
    name text NOT NULL CHECK (name ~ '^[a-z_][a-z0-9_]{0,62}$'),
    repository_id bigint NOT NULL CHECK (repository_id > 0),
    created_by_run text NOT NULL REFERENCES agent_runs (run_uid),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_by_run text REFERENCES agent_runs (run_uid),
    deleted_at timestamptz,
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    CHECK ((deleted_by_run IS NULL) = (deleted_at IS NULL))
);
COMMENT ON TABLE project_databases IS 'Which project owns which database; a row stays when its database is deleted.';
CREATE UNIQUE INDEX project_databases_living ON project_databases (environment, name) WHERE deleted_at IS NULL;
COMMENT ON INDEX project_databases_living IS 'A database has one owner at a time.';
CREATE INDEX project_databases_repository ON project_databases (repository_id);

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'codexk8s_service') THEN
        RETURN;
    END IF;
    GRANT SELECT, INSERT, UPDATE ON action_requests, prompt_templates, project_databases TO codexk8s_service;
END
$$;
